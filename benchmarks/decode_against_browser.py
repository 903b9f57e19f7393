"""Read odd pictures with gemhier and with headless Chromium, and list where the two differ.

    python benchmarks/decode_against_browser.py
    python benchmarks/decode_against_browser.py --folder FOLDER

The pictures are painted (`odd_images`), unless a folder is given. Compared are the width and the
height, and the mean colour of each quarter, so that a picture that lies on its side is found too.
What Chromium shows is kept in `odd_images/shown.csv`, against which the tests hold gemhier;
`--record` writes it anew.
"""

import base64
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import numpy as np
from in_chromium import some_chromium
from odd_images import odd_images
from odd_images.shown import Shown, alike, read, record

SHOW = """async content => {
  const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
  const image = new Image();
  const shown = new Promise(resolve => { image.onload = () => resolve(true); image.onerror = () => resolve(false); });
  image.src = URL.createObjectURL(new Blob([bytes]));
  if (!await shown || !image.naturalWidth || !image.naturalHeight) return null;
  const [width, height] = [image.naturalWidth, image.naturalHeight];
  const scale = Math.min(1, Math.sqrt(16e6 / (width * height)));
  const canvas = new OffscreenCanvas(Math.max(1, width * scale), Math.max(1, height * scale));
  const ground = canvas.getContext("2d", {willReadFrequently: true});
  ground.fillStyle = "white";
  ground.fillRect(0, 0, canvas.width, canvas.height);
  try { ground.drawImage(image, 0, 0, canvas.width, canvas.height); } catch { return null; }
  URL.revokeObjectURL(image.src);
  const pixels = ground.getImageData(0, 0, canvas.width, canvas.height).data;
  const [down, right] = [canvas.height >> 1, canvas.width >> 1];
  const sums = [0, 1, 2, 3].map(() => [0, 0, 0, 0]);
  for (let y = 0; y < 2 * down; y++) for (let x = 0; x < 2 * right; x++) {
    const quarter = sums[(y >= down) * 2 + (x >= right)], place = (y * canvas.width + x) * 4;
    for (let channel = 0; channel < 3; channel++) quarter[channel] += pixels[place + channel];
    quarter[3]++;
  }
  return [width, height, ...sums.flatMap(sum => sum.slice(0, 3).map(value => value / sum[3]))];
}"""


def show(page: Any, content: bytes) -> Shown | None:
    """Show a picture in the browser; None if it shows nothing."""
    found = page.evaluate(SHOW, base64.b64encode(content).decode())
    return Shown(int(found[0]), int(found[1]), np.array(found[2:]).reshape(4, 3)) if found else None


@click.command()
@click.option("--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Pictures of your own.")
@click.option("--record", "to_record", is_flag=True, help="Keep what Chromium shows of the painted pictures.")
@click.option("--only", default="", help="Only names that contain this.")
def main(folder: Path | None, to_record: bool, only: str) -> None:
    """List the pictures that gemhier reads in another way than Chromium shows them."""
    if to_record and (folder or only):
        raise click.UsageError("--record is for all the painted pictures: leave out --folder and --only.")
    painted: Iterable[tuple[str, bytes]] = odd_images()
    if folder:
        painted = ((path.name, path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file())
    counts = {"alike": 0, "refused by both": 0, "differ": 0}
    found = []
    with some_chromium() as browser, tempfile.TemporaryDirectory() as place:
        page = browser.new_page()
        page.set_content("<p>")
        for name, content in painted:
            if only not in name:
                continue
            path = Path(place) / ("odd" + Path(name).suffix)
            path.write_bytes(content)
            ours, theirs = read(path), show(page, content)
            found.append((name, ours, theirs))
            if not alike(ours, theirs):
                counts["differ"] += 1
                said = str(ours).removeprefix(f"{path}: ")
                click.echo(f"{name}\n  gemhier   {said}\n  Chromium  {theirs or 'shows nothing'}")
            else:
                counts["alike" if theirs else "refused by both"] += 1
        click.echo(f"Chromium {browser.version}: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()))
        browser.close()
    if to_record:
        record(found)


if __name__ == "__main__":
    main()
