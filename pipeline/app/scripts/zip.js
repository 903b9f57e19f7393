/** A ZIP archive of files as they are: photographs are compressed already (PKWARE's APPNOTE.TXT, 4.3). */

/** @typedef {{path: string, content: Uint8Array}} Entry */

const UTF_8 = 1 << 11;
const DOS_EPOCH = 0x21; // 1 January 1980, the earliest date that there is

/**
 * @param {Entry[]} entries less than 4 GB and 65,535 of them
 * @returns {Blob}
 */
export function zipped(entries) {
  /** @type {BlobPart[]} */
  const parts = [];
  /** @type {BlobPart[]} */
  const directory = [];
  let offset = 0;
  let length = 0;
  for (const { path, content } of entries) {
    const name = new TextEncoder().encode(path);
    const described = words([
      [2, 20],
      [2, UTF_8],
      [2, 0],
      [2, 0],
      [2, DOS_EPOCH],
      [4, crc32(content)],
      [4, content.length],
      [4, content.length],
      [2, name.length],
      [2, 0],
    ]);
    parts.push(words([[4, 0x04034b50]]), described, name, new Uint8Array(content));
    directory.push(
      words([
        [4, 0x02014b50],
        [2, 20],
      ]),
      described,
      words([
        [2, 0],
        [2, 0],
        [2, 0],
        [4, 0],
        [4, offset],
      ]),
      name,
    );
    offset += 30 + name.length + content.length;
    length += 46 + name.length;
  }
  const end = words([
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, entries.length],
    [2, entries.length],
    [4, length],
    [4, offset],
    [2, 0],
  ]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/**
 * Write numbers with their lowest byte first.
 * @param {[number, number][]} values how many bytes each has, and what it is
 * @returns {Uint8Array<ArrayBuffer>}
 */
function words(values) {
  return Uint8Array.from(
    values.flatMap(([bytes, value]) => Array.from({ length: bytes }, (_, place) => (value >>> (8 * place)) & 0xff)),
  );
}

const TABLE = Uint32Array.from({ length: 256 }, (_, start) => {
  let value = start;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/**
 * @param {Uint8Array} content
 * @returns {number} the checksum of ISO 3309
 */
export function crc32(content) {
  let value = 0xffffffff;
  for (const byte of content) value = /** @type {number} */ (TABLE[(value ^ byte) & 0xff]) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
