/** Connected pieces of square masks, and what is nearest to what, as OpenCV computes them. */

/**
 * Number the pieces of a mask that hang together by their sides, from 1, in the order of their first pixels.
 * @param {Uint8Array} mask
 * @param {number} side
 * @returns {{count: number, numbers: Int32Array}} the count is one more, for what is beside them
 */
export function pieces(mask, side) {
  const numbers = new Int32Array(mask.length);
  let count = 1;
  for (let start = 0; start < mask.length; start += 1) {
    if (!mask[start] || numbers[start]) continue;
    const open = [start];
    numbers[start] = count;
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      for (const next of beside(place, side)) {
        if (!mask[next] || numbers[next]) continue;
        numbers[next] = count;
        open.push(next);
      }
    }
    count += 1;
  }
  return { count, numbers };
}

/**
 * @param {number} place
 * @param {number} side
 * @returns {number[]}
 */
function beside(place, side) {
  const x = place % side;
  return [
    ...(x > 0 ? [place - 1] : []),
    ...(x < side - 1 ? [place + 1] : []),
    ...(place >= side ? [place - side] : []),
    ...(place < side * (side - 1) ? [place + side] : []),
  ];
}

/**
 * Return a mask with all pixels that touch one of its own, corners too.
 * @param {Uint8Array} mask
 * @param {number} side
 * @returns {Uint8Array}
 */
export function widened(mask, side) {
  const result = new Uint8Array(mask.length);
  mask.forEach((value, place) => {
    if (!value) return;
    const [x, y] = [place % side, Math.floor(place / side)];
    for (let down = Math.max(0, y - 1); down <= Math.min(side - 1, y + 1); down += 1) {
      for (let across = Math.max(0, x - 1); across <= Math.min(side - 1, x + 1); across += 1) {
        result[down * side + across] = 1;
      }
    }
  });
  return result;
}

const ONE = 2 ** 16;
const STEPS = { side: ONE, corner: Math.round(1.4 * ONE), knight: Math.round(2.1969 * ONE) };
const LOOKS = /** @type {const} */ ([
  [-1, -2, "knight"],
  [1, -2, "knight"],
  [-2, -1, "knight"],
  [-1, -1, "corner"],
  [0, -1, "side"],
  [1, -1, "corner"],
  [2, -1, "knight"],
  [-1, 0, "side"],
]);

/**
 * Give each pixel the number of the nearest one that has a number, by Borgefors' distances in a mask of 5 x 5 pixels
 * (Distance transformations in digital images, 1986).
 * @param {Int32Array} numbers 0 for none
 * @param {number} side
 * @returns {Int32Array}
 */
export function nearest(numbers, side) {
  const found = Int32Array.from(numbers);
  const distances = Float64Array.from(numbers, (number) => (number ? 0 : Infinity));
  /**
   * @param {number} place
   * @param {1 | -1} way
   */
  const look = (place, way) => {
    const [x, y] = [place % side, Math.floor(place / side)];
    for (const [across, down, step] of LOOKS) {
      const [other, row] = [x + way * across, y + way * down];
      if (other < 0 || other >= side || row < 0 || row >= side) continue;
      const from = row * side + other;
      const distance = /** @type {number} */ (distances[from]) + STEPS[step];
      if (distance >= /** @type {number} */ (distances[place])) continue;
      distances[place] = distance;
      found[place] = /** @type {number} */ (found[from]);
    }
  };
  for (let place = 0; place < numbers.length; place += 1) look(place, 1);
  for (let place = numbers.length - 1; place >= 0; place -= 1) {
    if (/** @type {number} */ (distances[place]) > STEPS.side) look(place, -1);
  }
  return found;
}
