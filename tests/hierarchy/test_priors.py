"""How common gems are."""

from pathlib import Path

import pytest

from gemhier.errors import EvidenceError
from gemhier.hierarchy.priors import load_prior
from gemhier.hierarchy.taxonomy_file import load_taxonomy


def test_uniform_is_none() -> None:
    assert load_prior("uniform") is None


def test_the_trade_has_a_share_for_every_label_that_is_a_node() -> None:
    trade = load_prior("trade")
    assert trade is not None
    assert set(trade) <= set(load_taxonomy().nodes)
    assert all(share >= 30 for share in trade.values())
    assert trade["corundum/ruby"] > trade["benitoite"]


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "stock.csv"
    file.write_text("gem,share,note\nRuby,12,\nPanna,3.5,emerald\n", encoding="utf-8")
    assert load_prior(file) == {"Ruby": 12, "Panna": 3.5}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("gem,count\nruby,1\n", "line 1: there is no column share"),
        ("gem,share\nruby,many\n", "line 2: the share 'many' is not a number"),
        ("gem,share\nruby,-1\n", "line 2: the share '-1' is not a number from 0 up"),
        ("gem,share\nruby,nan\n", "line 2: the share 'nan'"),
        ("gem,share\nruby,1\nruby,2\n", "line 3: a second row for ruby"),
        ("gem,share\n,1\n", "line 2: no gem is named"),
        ("gem,share\nruby,0\n", "no gem has a share above 0"),
        ("gem,share\n", "no gem has a share above 0"),
        ("", "line 1: there is no column gem and no column share"),
    ],
)
def test_a_file_that_does_not_fit_names_the_line(content: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "stock.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(EvidenceError) as caught:
        load_prior(file)
    assert message in str(caught.value)


def test_a_file_that_is_not_there_says_what_a_prior_is(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"A prior is uniform, trade or a CSV file"):
        load_prior(tmp_path / "none.csv")
    binary = tmp_path / "b.csv"
    binary.write_bytes(b"\xff\xfe\x00gem")
    with pytest.raises(EvidenceError, match="not a CSV file in UTF-8"):
        load_prior(binary)
