"""The frame of report.html: its look and the few lines that sort a table. Nothing is fetched from anywhere."""

from string import Template

STYLE = """
:root { color-scheme: light dark; --ground: #fbfbfa; --card: #fff; --ink: #1d2327; --faint: #626b73;
  --line: #e1e4e6; --track: #e9ecee; --main: #1f7a5c; --other: #9aa5ad; --bad: #a8442f; --whisker: #1d2327; }
@media (prefers-color-scheme: dark) { :root { --ground: #14181a; --card: #1c2124; --ink: #e6e9ea; --faint: #9aa5ab;
  --line: #30373b; --track: #2b3236; --main: #4fb891; --other: #6d7a82; --bad: #e0846c; --whisker: #f0f3f4; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 66rem; padding: 1.5rem 1rem 4rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.15rem; margin: 2.6rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .4rem; }
p { margin: .4rem 0; max-width: 48rem; }
.faint, small { color: var(--faint); }
.cards { display: grid; grid-template-columns: repeat(4, 1fr); gap: .7rem; margin-top: 1rem; }
@media (max-width: 50rem) { .cards { grid-template-columns: repeat(2, 1fr); } }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; }
.card b { display: block; font-size: 1.6rem; line-height: 1.25; font-variant-numeric: tabular-nums; }
.card small { display: block; line-height: 1.35; }
.said { border-left: 4px solid var(--main); background: var(--card); padding: .6rem .9rem; margin: .8rem 0; }
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .7rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child td { border-bottom: 0; }
th { font-weight: 600; vertical-align: bottom; }
.number { text-align: right; }
td.number { white-space: nowrap; }
td small { display: block; line-height: 1.3; }
th button { all: unset; cursor: pointer; }
th button:focus-visible { outline: 2px solid var(--main); outline-offset: 2px; }
th button::after { content: " \\2195"; color: var(--faint); }
th[aria-sort=ascending] button::after { content: " \\2191"; }
th[aria-sort=descending] button::after { content: " \\2193"; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: 1rem; align-items: start; }
.two > * { min-width: 0; }
.bars { display: grid; grid-template-columns: auto 1fr auto; gap: .35rem .8rem; align-items: center; margin: .8rem 0; }
.bar { position: relative; height: 1rem; background: var(--track); border-radius: .2rem; }
.bar i { position: absolute; inset: 0 auto 0 0; background: var(--other); border-radius: .2rem; }
.bar.main i { background: var(--main); }
.bar u { position: absolute; top: .25rem; bottom: .25rem; border: solid var(--whisker); border-width: 0 2px;
  background: linear-gradient(var(--whisker) 0 0) center/100% 2px no-repeat; }
.bad { color: var(--bad); }
ul { padding-left: 1.2rem; margin: .4rem 0; }
li { overflow-wrap: anywhere; }
dt { font-weight: 600; margin-top: .5rem; }
dd { margin: 0; max-width: 48rem; }
"""

SCRIPT = """
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th"), body = head.closest("table").tBodies[0];
    const column = [...head.parentNode.children].indexOf(head);
    const up = head.getAttribute("aria-sort") === "descending";
    const value = row => row.children[column].dataset.value ?? row.children[column].textContent;
    const compare = (a, b) => {
      if (a === "" || b === "") return (a === "") - (b === "");
      const order = isNaN(a) || isNaN(b) ? a.localeCompare(b) : a - b;
      return up ? order : -order;
    };
    body.append(...[...body.rows].sort((a, b) => compare(value(a), value(b))));
    for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
  });
}
"""

FRAME = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>$title</title>
<style>$style</style>
</head>
<body>
$body
<script>$script</script>
</body>
</html>
""")


def framed(title: str, body: str) -> str:
    """A whole page; title and body are HTML."""
    return FRAME.substitute(title=title, style=STYLE, body=body, script=SCRIPT)
