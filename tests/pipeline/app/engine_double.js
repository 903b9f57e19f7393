/**
 * An engine for tests of the page: it sees painted squares of pure colours on grey, and knows three gems by their colour.
 *
 * The true engine has networks; what the page does with what an engine says is the same. A picture on a dark ground is
 * unlike others to it.
 */

const GEMS = { "corundum/ruby": [1, 0, 0], "beryl/emerald": [0, 1, 0], "corundum/sapphire/blue": [0, 0, 1] };

class ImageError extends Error {
  constructor(key) {
    super(key);
    this.key = key;
  }
}

export async function startDouble(description) {
  return {
    async decode(source) {
      const bitmap = await createImageBitmap(source).catch(() => {
        throw new ImageError("unreadable");
      });
      const { width, height } = bitmap;
      const context = new OffscreenCanvas(width, height).getContext("2d");
      context.drawImage(bitmap, 0, 0);
      return { width, height, data: context.getImageData(0, 0, width, height).data };
    },

    async find(picture) {
      const stones = runs(picture).map(([left, right]) => {
        const rows = range(picture.height).filter((y) =>
          range(right - left).some((x) => isColoured(picture, left + x, y)),
        );
        const side = Math.max(right - left, rows.length);
        return { box: [left, rows[0], left + side, rows[0] + side], score: 0.95 };
      });
      return stones.sort((one, other) => other.box[2] - other.box[0] - (one.box[2] - one.box[0]));
    },

    async view(picture, box) {
      const [left, top, right, bottom] = box ?? [0, 0, picture.width, picture.height];
      const colour = [0, 0, 0];
      let count = 0;
      for (let y = Math.max(0, top); y < Math.min(bottom, picture.height); y += 1) {
        for (let x = Math.max(0, left); x < Math.min(right, picture.width); x += 1) {
          if (!isColoured(picture, x, y)) continue;
          count += 1;
          for (const channel of [0, 1, 2]) colour[channel] += picture.data[4 * (y * picture.width + x) + channel];
        }
      }
      const total = colour[0] + colour[1] + colour[2] || 1;
      const flat = description.labels.map(({ id }) =>
        GEMS[id] ? 8 * GEMS[id].reduce((sum, weight, channel) => sum + (weight * colour[channel]) / total, 0) : 0,
      );
      const family = range(description.families).map((column) =>
        Math.max(...flat.filter((_, label) => description.labels[label].family === column)),
      );
      return { score: count ? 0.95 : 0.1, logits: { flat, family, regional: flat }, like: picture.data[0] > 100 };
    },
  };
}

const range = (length) => Array.from({ length }, (_, place) => place);

function isColoured({ width, data }, x, y) {
  const place = 4 * (y * width + x);
  const values = [data[place], data[place + 1], data[place + 2]];
  return Math.max(...values) - Math.min(...values) > 60;
}

function runs(picture) {
  const found = [];
  for (let x = 0; x < picture.width; x += 1) {
    if (!range(picture.height).some((y) => isColoured(picture, x, y))) continue;
    if (found.at(-1)?.[1] === x) found.at(-1)[1] = x + 1;
    else found.push([x, x + 1]);
  }
  return found.filter(([left, right]) => right - left > 3);
}
