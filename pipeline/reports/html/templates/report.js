// What the other scripts of a report share: its pictures, and a short way to make elements.
const data = JSON.parse(document.getElementById("pictures-data").textContent);

globalThis.report = {
  data,
  byId: id => document.getElementById(id),
  make: (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name in element && typeof value !== "string") element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children.filter(child => child !== null && child !== ""));
    return element;
  },
  nameOf: node => data.nodes[node].name,
  truthOf: row => data.truth[row] < 0 ? data.given[row] : data.nodes[data.truth[row]].name,
  percent: share => (share / 100).toFixed(1) + "%",
  guesses: row => {
    const list = document.createElement("ol");
    list.className = "guesses";
    data.guesses[row].forEach((node, place) => {
      const share = data.shares[row][place], item = document.createElement("li");
      if (node === data.truth[row]) item.className = "true";
      const bar = report.make("span", { class: "bar", "aria-hidden": "true" }, document.createElement("i"));
      bar.firstChild.style.width = share / 100 + "%";
      item.append(report.make("span", { class: "name" }, report.nameOf(node)),
        report.make("span", { class: "share" }, report.percent(share)), bar);
      list.append(item);
    });
    return list;
  },
  answer: row => {
    const { answer, sure, outcomes, outcome, reason } = data, why = reason[row];
    if (answer[row] < 0) return outcomes[outcome[row]] + ": " + why;
    return "Answer: " + report.nameOf(answer[row]) + ", " + report.percent(sure[row]) + (why ? "; " + why : "");
  },
  // Do something soon, but not at every keystroke.
  calmly: (act, wait = 150) => {
    let timer;
    return () => { clearTimeout(timer); timer = setTimeout(act, wait); };
  },
};
// Paper shows what is folded and what no one has scrolled to.
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
  for (const image of document.images) image.loading = "eager";
});
