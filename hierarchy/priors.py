"""How common gems are in the trade, before anything is seen or measured.

`trade_shares.csv` has the shares that come with gemhier. Where the basis is "counted" they are the numbers of
different products that a large web shop for coloured stones listed under the label in early 2024, a product in
several classes shared among them, plus 30 and rounded to two digits. Where it is "judged" it says why: that
listing breaks off in the alphabet at Topaz.
"""

import csv
import math
from collections.abc import Mapping
from pathlib import Path

from gemhier.errors import EvidenceError
from gemhier.spreadsheet import Rows
from gemhier.text import visible

UNIFORM = "uniform"
TRADE = "trade"

_TRADE_FILE = Path(__file__).parent / "trade_shares.csv"
_COLUMNS = {"gem", "share"}


def load_prior(name: str | Path) -> Mapping[str, float] | None:
    """Return the share of each gem.

    Args:
        name: `uniform`, `trade`, or a CSV file with the columns `gem` (a name, an alias or an id) and `share`
            (a number from 0 up, such as how many are in stock). Other columns are ignored.

    Returns:
        A share for each name; None for `uniform`. Shares of nodes are spread over the labels below them, and a
        label that is not covered gets the smallest share.

    Raises:
        EvidenceError: if the file cannot be read, or a row in it does not fit; it names the line.
    """
    if name == UNIFORM:
        return None
    path = _TRADE_FILE if name == TRADE else Path(name)
    shares: dict[str, float] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = Rows(stream)
            if missing := _COLUMNS - set(rows.columns):
                raise EvidenceError(
                    f"{visible(str(name))}, line 1: there is no column {' and no column '.join(sorted(missing))}. "
                    "A prior has the columns gem and share."
                )
            for row in rows:
                where = f"{visible(str(name))}, line {rows.line_number}"
                gem = (row["gem"] or "").strip()
                if not gem or gem in shares:
                    raise EvidenceError(
                        f"{where}: {'a second row for ' + visible(gem) if gem else 'no gem is named'}. "
                        "Give each gem one row."
                    )
                shares[gem] = _share(row["share"] or "", where)
    except OSError as error:
        raise EvidenceError(
            f"{visible(str(name))}: {error.strerror or error}. A prior is uniform, trade or a CSV file with the "
            "columns gem and share."
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise EvidenceError(f"{visible(str(name))} is not a CSV file in UTF-8. Save it as one.") from error
    if not sum(shares.values()) > 0:
        raise EvidenceError(f"{visible(str(name))}: no gem has a share above 0. Give one to some.")
    return shares


def _share(text: str, where: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not (math.isfinite(share) and share >= 0):
        raise EvidenceError(f"{where}: the share {visible(text)!r} is not a number from 0 up. Write one, such as 12.")
    return share
