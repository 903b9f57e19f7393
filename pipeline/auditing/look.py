"""What audit.html adds to the look of a report, and the script behind its buttons. Nothing is fetched from anywhere."""

STYLE = """
body { max-width: 78rem; padding-bottom: 7rem; }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1rem; margin-top: 1rem; }
a { color: var(--main); }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr)); gap: .8rem;
  margin-top: .8rem; }
.pair { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem;
  display: flex; flex-direction: column; gap: .5rem; content-visibility: auto; contain-intrinsic-size: auto 20rem; }
.pair.decided { border-color: var(--main); }
.pair .sides { display: flex; gap: .7rem; flex: 1; }
figure { margin: 0; flex: 1 1 0; min-width: 0; display: flex; flex-direction: column; gap: .25rem; }
figure .frame { height: 9rem; background: var(--track); border-radius: .3rem; display: grid; place-items: center; }
figure img { max-width: 100%; max-height: 9rem; border-radius: .3rem; }
figcaption { flex: 1; font-size: .85rem; line-height: 1.3; }
figcaption b { display: block; overflow-wrap: anywhere; }
figcaption small { display: block; overflow-wrap: anywhere; }
.said-of { font-size: .85rem; color: var(--faint); overflow-wrap: anywhere; }
.choices { display: flex; flex-wrap: wrap; gap: .35rem; align-items: center; }
.choices button, .bar-below button { font: inherit; font-size: .85rem; padding: .25rem .6rem; cursor: pointer;
  color: var(--ink); background: var(--ground); border: 1px solid var(--other); border-radius: .4rem; }
.choices button[aria-pressed=true] { background: var(--main); border-color: var(--main); color: var(--card); }
button:focus-visible, input:focus-visible { outline: 2px solid var(--main); outline-offset: 2px; }
.choices input { font: inherit; font-size: .85rem; flex: 1 1 9rem; min-width: 0; padding: .2rem .4rem;
  color: var(--ink); background: var(--ground); border: 1px solid var(--other); border-radius: .4rem; }
.choices input[hidden] { display: none; }
.bar-below { position: fixed; inset: auto 0 0 0; display: flex; flex-wrap: wrap; gap: .4rem .8rem; align-items: center;
  justify-content: center; padding: .6rem 1rem; background: var(--card); border-top: 1px solid var(--line); }
.bar-below button:disabled { opacity: .5; cursor: default; }
.bar-below .main { background: var(--main); border-color: var(--main); color: var(--card); }
.heat { display: grid; grid-template: auto auto / auto auto; width: max-content; padding: .5rem;
  font-size: 10px; line-height: 12px; }
.heat span { display: block; height: 12px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.heat .rows { grid-area: 2 / 1; text-align: right; padding-right: 4px; max-width: 10rem; }
.heat .columns { grid-area: 1 / 2; display: flex; align-items: flex-end; }
.heat .columns span { width: 12px; height: auto; max-height: 10rem; writing-mode: vertical-rl;
  transform: rotate(180deg); }
.heat img { grid-area: 2 / 2; image-rendering: pixelated; outline: 1px solid var(--line); }
.read-out { min-height: 1.5em; }
.scroll { max-height: 34rem; overflow: auto; }
@media (max-width: 50rem) { .choices button { font-size: .8rem; padding: .2rem .45rem; }
  .heat .rows { max-width: 7rem; } figure .frame { height: 8rem; }
  figure img { max-height: 8rem; } }
@media print { .bar-below, .choices, nav { display: none; } .pair { break-inside: avoid; content-visibility: visible; }
  .scroll { max-height: none; } .wide { overflow: visible; } body { padding-bottom: 0; } }
"""

SCRIPT = """
const read = id => JSON.parse(document.getElementById(id).textContent);
const names = read("images"), thumbs = read("thumbs"), memory = "gemhier audit " + document.body.dataset.audit;
let decisions = {};
try { decisions = JSON.parse(localStorage.getItem(memory)) ?? {}; } catch { /* a browser that keeps nothing */ }

const fill = image => {
  if (!image.src) image.src = thumbs[image.dataset.picture];
};
const pictures = document.querySelectorAll("img[data-picture]");
const seen = new IntersectionObserver(entries => {
  for (const entry of entries) if (entry.isIntersecting) { fill(entry.target); seen.unobserve(entry.target); }
}, { rootMargin: "600px" });
for (const image of pictures) seen.observe(image);
addEventListener("beforeprint", () => pictures.forEach(fill));

const choices = [...document.querySelectorAll(".choices")], places = new Map();
for (const choice of choices) places.set(choice.dataset.key, [...(places.get(choice.dataset.key) ?? []), choice]);
const show = key => {  // a picture may stand in several findings
  for (const choice of places.get(key) ?? []) {
    const made = decisions[key];
    for (const button of choice.querySelectorAll("button"))
      button.setAttribute("aria-pressed", made?.decision === button.value);
    const label = choice.querySelector("input");
    if (label) {
      label.hidden = made?.decision !== "wrong label";
      if (made?.label !== undefined && document.activeElement !== label) label.value = made.label;
    }
    const pair = choice.closest(".pair");
    pair.classList.toggle("decided", [...pair.querySelectorAll(".choices")].some(one => decisions[one.dataset.key]));
  }
};
const tell = () => {
  const count = Object.keys(decisions).length;
  document.getElementById("count").textContent = count === 1 ? "1 decision" : count + " decisions";
  document.getElementById("download").disabled = document.getElementById("clear").disabled = count === 0;
  try { localStorage.setItem(memory, JSON.stringify(decisions)); } catch { /* as above */ }
};
for (const choice of choices) {
  const label = choice.querySelector("input"), key = choice.dataset.key;
  choice.addEventListener("click", event => {
    const button = event.target.closest("button");
    if (!button) return;
    if (decisions[key]?.decision === button.value) delete decisions[key];
    else decisions[key] = { decision: button.value, ...(button.value === "wrong label" && { label: label.value }) };
    show(key);
    tell();
  });
  label?.addEventListener("input", () => {
    if (decisions[key]) decisions[key].label = label.value;
    show(key);
    tell();
  });
}
const cell = text => /[",\\n\\r]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
document.getElementById("download")?.addEventListener("click", () => {
  const rows = [["decision", "image", "other", "label", "reason"]];
  for (const [key, made] of Object.entries(decisions)) {
    const [first, second] = key.split("-");
    rows.push([made.decision, names[first] ?? "", second ? names[second] : "", made.label ?? "", ""]);
  }
  const text = rows.map(row => row.map(cell).join(",") + "\\n").join("");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = "decisions.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});
document.getElementById("clear")?.addEventListener("click", () => {
  if (!confirm("Forget all decisions made in this page?")) return;
  const forgotten = Object.keys(decisions);
  decisions = {};
  forgotten.forEach(show);
  tell();
});
if (choices.length) { Object.keys(decisions).forEach(show); tell(); }

for (const heat of document.querySelectorAll(".heat img")) {
  const { names, sizes, shares } = JSON.parse(document.getElementById(heat.dataset.values).textContent);
  const out = document.getElementById(heat.dataset.readOut), hint = out.textContent;
  heat.addEventListener("pointermove", event => {
    const place = value => Math.min(names.length - 1, Math.max(0, Math.floor(value / 12)));
    const row = place(event.offsetY), column = place(event.offsetX), share = shares[row + "," + column] ?? 0;
    out.textContent = row === column ? names[row] + ": " + sizes[row]
      : Math.round(100 * share) + "% of " + names[row] + " (" + sizes[row] + ") is in "
        + names[column] + " (" + sizes[column] + ")";
  });
  heat.addEventListener("pointerleave", () => { out.textContent = hint; });
}
"""
