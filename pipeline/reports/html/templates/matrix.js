// The confusion matrix: folded by family, unfolded by a click; empty cells side by side are one element.
const { make, byId } = report;
const { families, labels, cells } = JSON.parse(byId("confusion-data").textContent);
const place = byId("matrix"), all = byId("unfold"), onlyMistaken = byId("only-mistaken");
const inPercent = byId("in-percent");
const open = new Set(), members = families.map((_, family) => labels.flatMap((l, i) => l.family === family ? [i] : []));
const foldable = families.flatMap((_, family) => members[family].length > 1 ? [family] : []);
const pictures = labels.map(() => 0);
for (const [truth, , count] of cells) pictures[truth] += count;
// What is there is never shown as 0, and what is not all never as 100.
const rounded = share => String(share === 1 ? 100 : Math.min(99, Math.max(1, Math.round(100 * share))));

const axis = () => families.flatMap((family, number) => open.has(number)
  ? [{ ...family, number, labels: members[number], head: true },
     ...members[number].map(label => ({ ...labels[label], labels: [label], leaf: true }))]
  : [{ ...family, number, labels: members[number] }]);

const drawn = () => {
  let entries = axis();
  const at = new Int32Array(labels.length);
  entries.forEach((entry, index) => { if (!entry.head) for (const label of entry.labels) at[label] = index; });
  const counts = entries.map(() => new Map()), totals = new Array(entries.length).fill(0);
  let failed = 0;
  for (const [truth, guess, count] of cells) {
    const row = at[truth], column = guess < 0 ? -1 : at[guess];
    totals[row] += count;
    if (guess < 0) failed += count;
    counts[row].set(column, (counts[row].get(column) ?? 0) + count);
  }
  let rows = entries.map((_, index) => index);
  if (onlyMistaken.checked)
    rows = rows.filter(row => entries[row].head || [...counts[row]].some(([column]) => column !== row));
  const columns = entries.flatMap((entry, index) => entry.head ? [] : [index]);
  return { entries, counts, totals, rows, columns, failed };
};

const fold = (entry, kind) => {
  if (entry.leaf || members[entry.number].length < 2) return make("span", {}, entry.name);
  const button = make("button", { type: "button", "aria-expanded": String(open.has(entry.number)),
    "data-family": entry.id, class: kind }, entry.name);
  button.addEventListener("click", () => {
    open.has(entry.number) ? open.delete(entry.number) : open.add(entry.number);
    draw();
    place.querySelector(`button.${kind}[data-family="${CSS.escape(entry.id)}"]`)?.focus({ preventScroll: true });
  });
  return button;
};

const draw = () => {
  const { entries, counts, totals, rows, columns, failed } = drawn();
  const head = make("tr", {}, make("th", { scope: "col", class: "corner" }, "is \\ taken for"),
    make("th", { scope: "col", class: "count" }, make("span", {}, "pictures")));
  for (const column of columns) head.append(make("th", { scope: "col" }, fold(entries[column], "column")));
  if (failed) head.append(make("th", { scope: "col" }, make("span", {}, "could not be read")));
  const body = make("tbody");
  for (const row of rows) {
    const entry = entries[row];
    const line = make("tr", entry.leaf ? { class: "leaf" } : entry.head ? { class: "unfolded" } : {},
      make("th", { scope: "row" }, fold(entry, "row")));
    body.append(line);
    if (entry.head) { line.append(make("td", { colSpan: columns.length + 1 + (failed ? 1 : 0) })); continue; }
    line.append(make("td", { class: "count" }, totals[row].toLocaleString("en")));
    let empty = 0;
    const skip = () => { if (empty) line.append(make("td", { colSpan: empty })); empty = 0; };
    for (const column of failed ? [...columns, -1] : columns) {
      const count = counts[row].get(column);
      if (!count) { empty += 1; continue; }
      skip();
      const share = count / totals[row], right = column === row;
      const taken = column < 0 ? "could not be read" : `taken for ${entries[column].name}`;
      const words = `${entry.name} ${taken}: ${count} of ${totals[row]}, ${report.percent(1e4 * share)}`;
      const button = make("button", { type: "button", title: words, "aria-label": words },
        inPercent.checked ? rounded(share) : String(count));
      button.style.background = `color-mix(in srgb, var(--${right ? "main" : "bad"}) ${Math.round(15 + 34 * share)}%, var(--card))`;
      button.addEventListener("click", () => document.dispatchEvent(new CustomEvent("list-pictures", { detail: {
        words, truth: entry.labels.map(label => labels[label].id),
        guess: column < 0 ? null : entries[column].labels.map(label => labels[label].id) } })));
      line.append(make("td", { class: "cell" }, button));
    }
    skip();
  }
  const widths = make("colgroup", {}, make("col", { class: "names" }), make("col", { class: "counts" }));
  for (let column = 0; column < columns.length + (failed ? 1 : 0); column += 1) widths.append(make("col"));
  const table = make("table", {}, widths, make("thead", {}, head), body);
  table.style.setProperty("--columns", columns.length + (failed ? 1 : 0));
  place.replaceChildren(table);
  const unfolded = foldable.length > 0 && foldable.every(family => open.has(family));
  all.setAttribute("aria-pressed", String(unfolded));
  all.textContent = unfolded ? "Fold all" : "Unfold all";
};

all.disabled = !foldable.length;
all.addEventListener("click", () => {
  const unfold = all.getAttribute("aria-pressed") !== "true";
  open.clear();
  if (unfold) foldable.forEach(family => open.add(family));
  draw();
});
onlyMistaken.addEventListener("change", draw);
inPercent.addEventListener("change", draw);
place.after(csvButton("confusion", () => [["truth", "predicted", "count", "share"],
  ...cells.map(([truth, guess, count]) => [labels[truth].id, guess < 0 ? "" : labels[guess].id, count,
    Number((count / pictures[truth]).toFixed(6))])]));
draw();
