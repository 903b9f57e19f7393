// Every picture in a table: searched, filtered and sorted from the data, and shown a page at a time.
const PAGE = 50;
const { make, byId, data } = report, { nodes } = data;
const place = byId("picture-table"), pages = byId("picture-pages"), search = byId("picture-search");
const kind = byId("picture-kind"), cellFilter = byId("picture-cell"), count = byId("picture-count");
const everything = data.image.map((_, row) => row);
let chosen = everything, page = 0, sorted = null, up = true, cell = null, words = null;

const first = row => data.guesses[row].length ? nodes[data.guesses[row][0]].name : "";
const COLUMNS = [
  { title: "picture", key: row => data.image[row].split("/").pop(), text: true },
  { title: "is", key: report.truthOf, text: true },
  { title: "taken for", key: first, text: true },
  { title: "probability", key: row => data.shares[row][0] ?? -1 },
  { title: "severity", key: row => data.severity[row] },
  { title: "answer", key: row => data.answer[row] < 0 ? "" : nodes[data.answer[row]].name, text: true },
  { title: "outcome", key: row => data.outcomes[data.outcome[row]], text: true },
];

const haystack = row => words[row] ??= [data.image[row], data.given[row], report.truthOf(row), first(row),
  data.sources[data.source[row]] ?? "", data.answer[row] < 0 ? "" : nodes[data.answer[row]].name]
  .join("\n").toLowerCase();

const fits = row => {
  const value = kind.value;
  if (value === "wrong" && (!data.known[row] || data.right[row])) return false;
  if (value === "right" && !data.right[row]) return false;
  if (value.startsWith("outcome:") && data.outcome[row] !== Number(value.slice(8))) return false;
  if (cell) {
    if (data.truth[row] < 0 || !cell.truth.has(nodes[data.truth[row]].id)) return false;
    const guess = data.guesses[row].length ? nodes[data.guesses[row][0]].id : null;
    if (cell.guess ? !cell.guess.has(guess) : guess !== null) return false;
  }
  return true;
};

const line = row => {
  const toggle = make("button", { type: "button", class: "open", "aria-expanded": "false", title: data.image[row] },
    COLUMNS[0].key(row));
  const shares = data.shares[row], severity = data.severity[row];
  const made = make("tr", {}, make("td", {}, toggle), make("td", {}, report.truthOf(row)),
    make("td", data.known[row] && !data.right[row] ? { class: "bad" } : {}, first(row)),
    make("td", { class: "number" }, shares.length ? report.percent(shares[0]) : ""),
    make("td", { class: "number" }, severity ? String(severity) : ""), make("td", {}, COLUMNS[5].key(row)),
    make("td", {}, COLUMNS[6].key(row)));
  toggle.addEventListener("click", () => {
    const shown = toggle.getAttribute("aria-expanded") === "true";
    toggle.setAttribute("aria-expanded", String(!shown));
    if (shown) { made.nextSibling.remove(); return; }
    const given = "Labelled " + data.given[row] + ". " + report.answer(row);
    made.after(make("tr", { class: "more" }, make("td", { colSpan: COLUMNS.length },
      make("p", { class: "path" }, data.image[row]), make("p", {}, given), report.guesses(row))));
  });
  return made;
};

const body = make("tbody"), heads = COLUMNS.map((column, index) => {
  const button = make("button", { type: "button" }, column.title);
  const head = make("th", column.text ? { scope: "col" } : { scope: "col", class: "number" }, button);
  button.addEventListener("click", () => {
    up = sorted === index ? !up : Boolean(column.text);
    sorted = index;
    heads.forEach(other => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    choose();
  });
  return head;
});
place.replaceChildren(make("table", {}, make("thead", {}, make("tr", {}, ...heads)), body));

const turn = (words, step) => {
  const button = make("button", { type: "button" }, words);
  button.addEventListener("click", () => { page += step; show(); });
  return button;
};
const back = turn("Previous", -1), on = turn("Next", 1), where = make("span", { class: "faint" });
pages.append(back, where, on);

const show = () => {
  const last = Math.max(0, Math.ceil(chosen.length / PAGE) - 1);
  page = Math.min(Math.max(page, 0), last);
  body.replaceChildren(...chosen.slice(page * PAGE, (page + 1) * PAGE).map(line));
  back.disabled = page === 0;
  on.disabled = page === last;
  where.textContent = "page " + (page + 1) + " of " + (last + 1);
  count.textContent = chosen.length.toLocaleString("en") + " of " + everything.length.toLocaleString("en");
};
const collator = new Intl.Collator("en");
const choose = () => {
  const text = search.value.trim().toLowerCase();
  if (text && !words) words = new Array(everything.length);
  chosen = everything.filter(row => fits(row) && (!text || haystack(row).includes(text)));
  if (sorted !== null) {
    const { key, text: isText } = COLUMNS[sorted], keys = new Map(chosen.map(row => [row, key(row)]));
    const compare = isText ? collator.compare : (a, b) => a - b;
    chosen.sort((a, b) => (up ? 1 : -1) * compare(keys.get(a), keys.get(b)));
  }
  page = 0;
  show();
};
search.addEventListener("input", report.calmly(choose));
kind.addEventListener("change", choose);
cellFilter.addEventListener("click", () => { cell = null; cellFilter.hidden = true; choose(); });
document.addEventListener("list-pictures", ({ detail }) => {
  cell = { truth: new Set(detail.truth), guess: detail.guess && new Set(detail.guess) };
  cellFilter.textContent = detail.words + " ✕";
  cellFilter.title = "Show all again";
  cellFilter.hidden = false;
  search.value = "";
  kind.value = "all";
  choose();
  byId("pictures").scrollIntoView();
});
place.after(csvButton("pictures", () => [
  ["image", "source", "given", "truth", "guess", "probability", "severity", "answer", "outcome", "reason"],
  ...chosen.map(row => [data.image[row], data.sources[data.source[row]] ?? "", data.given[row],
    nodes[data.truth[row]]?.id ?? "", nodes[data.guesses[row][0]]?.id ?? "",
    data.shares[row].length ? data.shares[row][0] / 1e4 : "", data.severity[row] || "",
    nodes[data.answer[row]]?.id ?? "", data.outcomes[data.outcome[row]], data.reason[row]])]));
show();
