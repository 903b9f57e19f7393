/** A file to upright pixels in sRGB, on white, by the browser's own decoders: what models/images/decode.py gives. */

/** @import {Description} from "./description.js" */
/** @import {Picture} from "./picture.js" */

import { withAnEnd } from "./cut-short.js";
import { ImageError } from "./image-error.js";

const HEIF_BRANDS = /^ftyp(hei[cxms]|hev[cxms]|mif1|msf1)/;

/**
 * Decode a picture. An animation gives its first frame; the end of a JPEG may be missing.
 * @param {Blob} source
 * @param {Description} description
 * @returns {Promise<Picture>}
 * @throws {ImageError} if the browser cannot, or the picture is too small, too large, or too large for the memory
 */
export async function decode(source, { pictures }) {
  if (!source.size) throw new ImageError("empty");
  try {
    return await whole(source, pictures);
  } catch (error) {
    if (!(error instanceof ImageError) || error.key !== "unreadable") throw error;
    const mended = await withAnEnd(source, (blob) => whole(blob, pictures), pictures.most_missing).catch(() => null);
    if (mended) return mended;
    throw error;
  }
}

/**
 * @param {Blob} source
 * @param {Description["pictures"]} limits
 * @returns {Promise<Picture>}
 */
async function whole(source, { smallest_side, most_megapixels }) {
  const bitmap = await bitmapOf(source);
  try {
    const { width, height } = bitmap;
    if (Math.min(width, height) < smallest_side) throw new ImageError("too-small", `${width} x ${height}`);
    if (width * height > most_megapixels * 1e6) throw new ImageError("too-large", `${width} x ${height}`);
    return onWhite(bitmap);
  } finally {
    bitmap.close();
  }
}

/**
 * @param {Blob} source
 * @returns {Promise<ImageBitmap>}
 */
async function bitmapOf(source) {
  try {
    return await createImageBitmap(source, { imageOrientation: "from-image" });
  } catch (error) {
    const brand = new TextDecoder("latin1").decode(await source.slice(4, 12).arrayBuffer());
    throw new ImageError(HEIF_BRANDS.test(brand) ? "heic" : "unreadable", String(error));
  }
}

/**
 * @param {ImageBitmap} bitmap
 * @returns {Picture}
 */
function onWhite(bitmap) {
  const { width, height } = bitmap;
  try {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    if (!context) throw new RangeError("no canvas of this size");
    context.fillStyle = "white";
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    canvas.width = canvas.height = 0; // which frees its memory at once
    return { width, height, data };
  } catch (error) {
    throw new ImageError("memory", String(error));
  }
}
