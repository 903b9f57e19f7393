/** What leaves the page, when a person asks for it: results as JSON and CSV, and photographs with their right names. */

/** @import {Description} from "../description.js" */
/** @import {Text} from "./text.js" */
/** @import {Specimen} from "./types.js" */

import { ascii, record, table } from "../records.js";
import { zipped } from "../zip.js";
import { counted, named } from "./session.js";

/** As many as `gemhier classify` ranks. */
const TOP = 5;

/**
 * Return results as JSON lines.
 * @param {Specimen[]} specimens
 * @param {Description} description
 * @param {Text} text
 * @returns {Blob}
 */
export function jsonOf(specimens, description, text) {
  const lines = results(specimens, description, text).map((result) => `${ascii(result.record)}\n`);
  return new Blob(lines, { type: "application/jsonl" });
}

/**
 * Return results as a table.
 * @param {Specimen[]} specimens
 * @param {Description} description
 * @param {Text} text
 * @returns {Blob}
 */
export function csvOf(specimens, description, text) {
  return new Blob([table(results(specimens, description, text), description)], { type: "text/csv" });
}

/**
 * Return the photographs of stones whose right name was given, in a folder for each name.
 * @param {Specimen[]} specimens
 * @param {Description} description
 * @param {Text} text
 * @returns {Promise<Blob>} a ZIP archive, which `gemhier prepare` takes unpacked
 */
export async function correctionsOf(specimens, description, text) {
  const names = new Map(description.nodes.map((node) => [node.id, node.name]));
  const entries = [];
  const rows = [["file", "stone", "right", "answered", "box_x", "box_y", "box_side"]];
  for (const specimen of specimens) {
    const { answer } = named(specimen, description, text).prediction ?? { answer: null };
    for (const [place, { source, name, box }] of specimen.photographs.entries()) {
      if (!specimen.right || !source) continue;
      const folder = fileName(names.get(specimen.right) ?? specimen.right);
      const path = `${folder}/${specimen.id}-${place + 1}${endingOf(name, source)}`;
      entries.push({ path, content: new Uint8Array(await source.arrayBuffer()) });
      const square = box ? [box[0], box[1], Math.max(box[2] - box[0], box[3] - box[1])] : ["", "", ""];
      rows.push([path, specimen.id, specimen.right, answer?.id ?? "", ...square.map(String)]);
    }
  }
  const table = rows.map((row) => `${row.map(cell).join(",")}\n`).join("");
  return zipped([{ path: "corrections.csv", content: new TextEncoder().encode(table) }, ...entries]);
}

/**
 * @param {Specimen[]} specimens
 * @param {Description} description
 * @param {Text} text
 */
function results(specimens, description, text) {
  return specimens.flatMap((specimen) => {
    const { prediction } = named(specimen, description, text, TOP);
    if (!prediction) return [];
    return [{ prediction, record: record(prediction, counted(specimen.photographs, description), description) }];
  });
}

/**
 * @param {string} text
 * @returns {string} without what file systems refuse in a name
 */
function fileName(text) {
  return text.replaceAll(/[\\/:*?"<>|]/g, "_");
}

/**
 * @param {string} name
 * @param {Blob} source
 * @returns {string} ".jpg"
 */
function endingOf(name, source) {
  const found = /\.[A-Za-z0-9]{1,5}$/.exec(name)?.[0].toLowerCase();
  return found ?? `.${source.type.replace("image/", "").replace("jpeg", "jpg") || "jpg"}`;
}

/**
 * @param {string} text
 * @returns {string}
 */
function cell(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
