// The worst mistakes as pictures, some at a time.
const STEP = 24;
const source = report.byId("mistakes-data");
if (source) {
  const { make, byId, data } = report, { mistakes, stones } = JSON.parse(source.textContent);
  const gallery = byId("gallery"), more = byId("more-mistakes"), order = byId("mistake-order");
  const wanted = byId("mistake-class"), count = byId("mistake-count");
  let chosen = mistakes, shown = 0;

  const image = (address, words, side) => address
    ? make("img", { src: address, alt: words, title: words, loading: "lazy", decoding: "async", width: side,
      height: side })
    : make("span", { class: "missing" }, "no picture");

  const card = ({ row, severity, whole, crop, near }) => {
    const truth = report.truthOf(row), guess = report.nameOf(data.guesses[row][0]);
    const stone = ([name, likeness, place, path]) => make("figure", { title: path },
      image(stones[place], name, 64), make("figcaption", {}, name, make("small", {}, likeness.toFixed(2))));
    return make("article", { class: "mistake", "data-row": String(row) },
      make("div", { class: "looks" }, image(whole, "the picture", 144), image(crop, "as the network saw it", 96)),
      make("h3", {}, truth, make("span", { class: "bad" }, " taken for "), guess),
      report.guesses(row),
      make("p", { class: "faint" }, "Severity " + severity + ". " + report.answer(row)),
      near.length ? make("div", { class: "near" }, ...near.map(stone)) : null,
      make("p", { class: "path faint" }, data.image[row]));
  };

  const show = () => {
    gallery.append(...chosen.slice(shown, shown + STEP).map(card));
    shown = Math.min(chosen.length, shown + STEP);
    more.hidden = shown === chosen.length;
    count.textContent = shown + " of " + chosen.length + " shown";
  };
  const again = () => {
    const text = wanted.value.trim().toLowerCase();
    chosen = mistakes.filter(({ row }) => !text
      || [report.truthOf(row), report.nameOf(data.guesses[row][0]), data.given[row]].join("\n").toLowerCase().includes(text));
    if (order.value === "probability")
      chosen = [...chosen].sort((a, b) => data.shares[b.row][0] - data.shares[a.row][0]);
    shown = 0;
    gallery.replaceChildren();
    show();
  };
  more.addEventListener("click", show);
  order.addEventListener("change", again);
  wanted.addEventListener("input", report.calmly(again));
  gallery.closest("section").append(csvButton("worst-mistakes", () => [
    ["image", "truth", "severity", ...[1, 2, 3, 4, 5].flatMap(n => ["guess " + n, "probability " + n]), "near"],
    ...mistakes.map(({ row, severity, near }) => [data.image[row], data.nodes[data.truth[row]].id, severity,
      ...[0, 1, 2, 3, 4].flatMap(n => data.guesses[row][n] === undefined ? ["", ""]
        : [data.nodes[data.guesses[row][n]].id, data.shares[row][n] / 1e4]),
      near.map(([name, , , path]) => name + ": " + path).join("; ")])]));
  show();
}
