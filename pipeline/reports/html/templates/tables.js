// Tables of any page: a button in a head sorts by its column, and a table with a name can be downloaded as CSV.
const download = (name, rows) => {
  // As gemhier/spreadsheet.py: text that a spreadsheet would take for a formula has an apostrophe in front.
  const guarded = value => /^[=+\-@\t\r']/.test(value) && isNaN(value) ? "'" + value : String(value);
  const quoted = text => /[",\n\r]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  const cell = value => quoted(guarded(value));
  const text = rows.map(row => row.map(cell).join(",") + "\n").join("");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name + ".csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};

const csvButton = (name, rows) => {
  const line = document.createElement("p"), button = document.createElement("button");
  line.className = "csv";
  button.type = "button";
  button.textContent = "CSV";
  button.setAttribute("aria-label", name + " as CSV");
  button.addEventListener("click", () => download(name, rows()));
  line.append(button);
  return line;
};

const tableRows = table => {
  const heads = [...table.tHead.rows[0].cells], body = [...table.tBodies[0].rows];
  const columns = heads.map((head, index) => ({
    name: head.textContent.trim(),
    index,
    bounds: body.some(row => row.cells[index]?.dataset.low !== undefined),
  })).filter(column => column.name);
  const names = columns.flatMap(({ name, bounds }) => bounds ? [name, name + " low", name + " high"] : [name]);
  return [names, ...body.map(row => columns.flatMap(({ index, bounds }) => {
    const cell = row.cells[index];
    const value = cell.dataset.csv ?? cell.dataset.value ?? cell.textContent;
    return bounds ? [value, cell.dataset.low ?? "", cell.dataset.high ?? ""] : [value.trim()];
  }))];
};

for (const table of document.querySelectorAll("table[data-name]")) {
  const around = table.closest(".scroll") ?? table.closest(".wide") ?? table;
  around.after(csvButton(table.dataset.name, () => tableRows(table)));
}

for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th"), body = head.closest("table").tBodies[0];
    const column = [...head.parentNode.children].indexOf(head), sorted = head.getAttribute("aria-sort");
    const up = sorted ? sorted === "descending" : !head.classList.contains("number");
    const value = row => row.children[column].dataset.value ?? row.children[column].textContent;
    const compare = (a, b) => {
      if (a === "" || b === "") return (a === "") - (b === "");
      const order = isNaN(a) || isNaN(b) ? a.localeCompare(b) : a - b;
      return up ? order : -order;
    };
    const keyed = [...body.rows].map(row => [value(row), row]);
    body.append(...keyed.sort(([a], [b]) => compare(a, b)).map(([, row]) => row));
    for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
  });
}
