/** Results as `gemhier classify --format json` and `--format csv` write them (docs/formats.md). */

/** @import {Prediction} from "./classify.js" */
/** @import {Answer, Description, Ranked} from "./description.js" */

import { at, rounding } from "./numbers.js";

/**
 * @typedef {object} Images the photographs of a stone
 * @property {string[]} counted names of those that the answer rests on; none where there are readings alone
 * @property {string[]} withoutGem names of those in which no gem stands out
 *
 * @typedef {{[key: string]: unknown}} Cells
 */

/** How many families and labels have columns. */
const TOP = 5;

/**
 * Return a result as one object.
 * @param {Prediction} prediction
 * @param {Images} images
 * @param {Description} description
 * @returns {Cells}
 */
export function record(prediction, { counted, withoutGem }, description) {
  const { answer, refused, families, subclasses, shortlist, explanation, contradictions } = prediction;
  const { like, novel, words } = prediction;
  const round = rounding(description.record_decimals);
  const ranked = (/** @type {readonly Ranked[]} */ gems) =>
    gems.map(({ id, name, probability }) => ({ id, name, probability: round(probability) }));
  const several = counted.length + withoutGem.length > 1;
  return {
    ...(counted.length ? { image: counted[0] } : {}),
    ...(several ? { images: counted } : {}),
    ...(several && withoutGem.length ? { without_gem: withoutGem } : {}),
    ...(contradictions.length
      ? {
          contradictions: contradictions.map((pair) => ({
            images: pair.views.map((place) => at(counted, place)),
            families: ranked(pair.families),
          })),
        }
      : {}),
    answer: answer ? rounded(answer, round) : null,
    ...(answer ? {} : { refused }),
    families: ranked(families),
    subclasses: ranked(subclasses),
    ...(shortlist
      ? {
          shortlist: {
            guarantee: round(shortlist.guarantee),
            nodes: shortlist.entries.map(({ labels, ...gem }) => ({ ...ranked([gem])[0], labels })),
          },
        }
      : {}),
    others: ranked(explanation.others),
    evidence: explanation.effects.map(({ key, given, fits, wrong, without }) => ({
      reading: key,
      given,
      fits,
      probability_wrong: round(wrong),
      without: ranked([without])[0],
    })),
    next_tests: explanation.nextTests.map(({ key, title, bits, outcomes }) => ({
      reading: key,
      name: title,
      bits: rounding(3)(bits),
      outcomes: outcomes.map(({ value, id, name }) => ({ value, id, name })),
    })),
    look_alikes: explanation.lookAlikes.map(({ id, name, difference }) => ({ id, name, difference })),
    ...(like === null ? {} : { like }),
    ...(novel === null ? {} : { novel }),
    ...(words.caution ? { caution: words.caution } : {}),
    decided_by: counted.length ? description.decoding.strategy : "evidence",
    model_version: description.model_version,
  };
}

/**
 * Return results as a table, a row for each stone.
 * @param {{record: Cells, prediction: Prediction}[]} results
 * @param {Description} description
 * @returns {string}
 */
export function table(results, description) {
  const parts = ["id", "name", "probability"];
  const columns = [
    ...["image", "images", "without_gem", "contradictions"],
    ...["answer_id", "answer_name", "answer_rank", "answer_probability", "refused"],
    ...ofEach("family", parts),
    ...ofEach("subclass", parts),
    ...(results.some(({ prediction }) => prediction.shortlist)
      ? ["shortlist", "shortlist_nodes", "shortlist_labels"]
      : []),
    ...["other_id", "other_name", "other_probability", "evidence", "next_test"],
    ...(description.likeness || description.novelty || results.some(({ prediction }) => prediction.words.caution)
      ? ["caution"]
      : []),
    ...["decided_by", "model_version", "failure"],
  ];
  const rows = results.map((result) => {
    const cells = cellsOf(result);
    return columns.map((column) => cells[column] ?? "");
  });
  return [columns, ...rows].map((row) => `${row.map(cell).join(",")}\n`).join("");
}

/**
 * @param {string} group
 * @param {string[]} parts
 * @returns {string[]}
 */
function ofEach(group, parts) {
  return Array.from({ length: TOP }, (_, place) => parts.map((part) => `${group}_${place + 1}_${part}`)).flat();
}

/**
 * @param {{record: Cells, prediction: Prediction}} result
 * @returns {Cells}
 */
function cellsOf({ record: values, prediction: { shortlist, words } }) {
  const { image, images, without_gem, contradictions, refused, caution, decided_by, model_version } = values;
  const { answer, families, subclasses, others } =
    /** @type {{answer: object | null, families: object[], subclasses: object[], others: object[]}} */ (values);
  return {
    image,
    images: images && asPython(images),
    without_gem: without_gem && asPython(without_gem),
    contradictions: contradictions && asPython(contradictions),
    refused,
    ...prefixed("answer", answer ?? {}),
    ...Object.assign({}, ...families.map((family, place) => prefixed(`family_${place + 1}`, family))),
    ...Object.assign({}, ...subclasses.map((label, place) => prefixed(`subclass_${place + 1}`, label))),
    ...(shortlist
      ? {
          shortlist: words.entries.join("; "),
          shortlist_nodes: asPython(shortlist.entries.map(({ id }) => id)),
          shortlist_labels: asPython(shortlist.entries.flatMap(({ labels }) => labels)),
        }
      : {}),
    ...prefixed("other", others[0] ?? {}),
    evidence: words.effects.join("; "),
    next_test: words.nextTests[0],
    caution,
    decided_by,
    model_version,
  };
}

/**
 * Write a value in JSON as Python does: in ASCII, with a space after each comma and colon, and 1.0 for a probability
 * of 1.
 * @param {unknown} value
 * @returns {string}
 */
function asPython(value) {
  if (Array.isArray(value)) return `[${value.map(asPython).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .map(([key, each]) => `${ascii(key)}: ${asPython(each)}`)
      .join(", ")}}`;
  }
  return Number.isInteger(value) ? `${value}.0` : ascii(value);
}

/**
 * Write a value in JSON, in ASCII.
 * @param {unknown} value
 * @returns {string}
 */
export function ascii(value) {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * @param {string} prefix
 * @param {object} values
 * @returns {Cells}
 */
function prefixed(prefix, values) {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}_${key}`, value]));
}

/**
 * Write a cell: text that a spreadsheet could take for a formula gets an apostrophe, and quotes go where they must.
 * @param {unknown} value
 * @returns {string}
 */
function cell(value) {
  const text = typeof value === "string" && /^[=+\-@\t\r']/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * @param {Answer} answer
 * @param {(value: number) => number} round
 * @returns {object}
 */
function rounded({ id, name, rank, probability }, round) {
  return { id, name, rank, probability: round(probability) };
}
