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
document.getElementById("download")?.addEventListener("click", () => {
  const rows = [["decision", "image", "other", "label", "reason"]];
  for (const [key, made] of Object.entries(decisions)) {
    const [first, second] = key.split("-");
    rows.push([made.decision, names[first] ?? "", second ? names[second] : "", made.label ?? "", ""]);
  }
  download("decisions", rows);
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
