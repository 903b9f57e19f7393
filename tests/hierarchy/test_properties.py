"""What is known of gems: the packaged file is whole and sound, children inherit, and each error tells its line."""

import json
from pathlib import Path

import pytest

from gemhier.errors import DataError
from gemhier.hierarchy.names import name_key
from gemhier.hierarchy.properties import BUILT_IN, Gem, Properties, Range, load_properties
from gemhier.hierarchy.taxonomy import Node, Taxonomy

BUNDLE = Path(__file__).parents[2] / "models" / "shipped" / "bundle.json"
LABELS: list[str] = json.loads(BUNDLE.read_text(encoding="utf-8"))["labels"]

RANGES = ("refractive_index", "birefringence", "specific_gravity", "hardness", "dispersion")

METALLIC = {"pyrite"}
"""No refractometer reads a metal."""

NOT_IN_THEIR_PARENT = {("corundum/ruby/glass-filled", "hardness")}
"""Half of it is glass."""


@pytest.fixture(scope="module")
def properties() -> Properties:
    return load_properties()


def whole(properties: Properties) -> list[Gem]:
    """Every label of the shipped bundle and every family that is one kind of gem."""
    families = [family for family in properties.taxonomy.families if family != "other"]
    return [properties.gem(gem_id) for gem_id in dict.fromkeys([*LABELS, *families])]


def test_labels_and_families_have_what_is_measured_first(properties: Properties) -> None:
    assert len(LABELS) == 87
    for gem in whole(properties):
        assert (gem.refractive_index is None) == (gem.id in METALLIC), gem.id
        assert gem.specific_gravity, gem.id
        assert gem.hardness, gem.id
        assert gem.optic_character, gem.id
        assert gem.birefringence or gem.optic_character == ("aggregate",) or gem.spot_only, gem.id
        assert gem.sources, gem.id


def test_labels_and_families_have_what_is_seen(properties: Properties) -> None:
    for gem in whole(properties):
        for name in ("lustre", "transparency", "colours", "confused_with"):
            assert getattr(gem, name), (gem.id, name)
    for gem_id in LABELS:
        assert properties[gem_id].pleochroism, gem_id
        assert properties[gem_id].fluorescence, gem_id
        assert properties[gem_id].found, gem_id


def test_look_alikes_are_other_gems_with_a_sentence(properties: Properties) -> None:
    for gem in properties.values():
        for other, sentence in gem.confused_with:
            assert other in properties
            assert other != gem.id
            assert sentence.endswith((".", ")")), (gem.id, other)
            assert len(sentence.split()) > 3, (gem.id, other)


def test_what_is_singly_refractive_shows_one_colour(properties: Properties) -> None:
    for gem in properties.values():
        if gem.optic_character == ("isotropic",):
            assert gem.pleochroism in (None, "none"), gem.id


def test_what_holds_for_a_gem_holds_for_those_below_it(properties: Properties) -> None:
    wrong = {
        (gem.id, name)
        for gem in properties.values()
        for name in RANGES
        if (above := properties.get(gem.id.rpartition("/")[0])) is not None
        and (outer := getattr(above, name)) is not None
        and (inner := getattr(gem, name)) is not None
        and not outer.low <= inner.low <= inner.high <= outer.high
    }
    assert wrong == NOT_IN_THEIR_PARENT


def test_optics_and_crystals_agree(properties: Properties) -> None:
    systems = {
        "isotropic": {"cubic", "amorphous"},
        "uniaxial": {"trigonal", "hexagonal", "tetragonal"},
        "biaxial": {"orthorhombic", "monoclinic", "triclinic"},
    }
    for gem in properties.values():
        if gem.crystal_system is None:
            continue
        for character in gem.optic_character:
            fitting = systems.get(character.rstrip("+-"), {gem.crystal_system})
            assert fitting & set(gem.crystal_system.split(" or ")), (gem.id, character)


def test_names_of_the_others_mean_nothing_else(properties: Properties) -> None:
    names = [name for gem_id in properties.others for name in (properties[gem_id].name, *properties[gem_id].aliases)]
    assert len({name_key(name) for name in names}) == len(names)
    assert [name for name in names if properties.taxonomy.meanings(name)] == []
    for gem_id in properties.others:
        assert properties.find(properties[gem_id].name) is properties[gem_id]


def test_every_source_is_used(properties: Properties) -> None:
    assert {source for gem in properties.values() for source in gem.sources} == set(properties.sources)


def test_known_gems(properties: Properties) -> None:
    spinel, sapphire = properties.find("Spinel"), properties.find("Blue Sapphire (Neelam)")
    assert sapphire.id == "corundum/sapphire/blue"
    assert 1.762 in (sapphire.refractive_index or ())
    assert 1.718 in (spinel.refractive_index or ())
    assert spinel.birefringence == Range(0, 0)
    assert properties.find("Lab ruby").kind == "synthetic"
    assert properties.find("CZ").kind == "imitation"
    assert properties.find("brazilianite").id == "brazilianite"


def test_outside_of_a_model_is_what_it_cannot_name(properties: Properties) -> None:
    outside = properties.outside(LABELS)
    assert {"apatite", "brazilianite", "glass", "corundum/sapphire/green", "others/yag"} <= set(outside)
    assert not {"corundum", "corundum/sapphire", "beryl/emerald/zambian", "apatite/blue", "other"} & set(outside)
    assert set(properties.others) <= set(outside)


TAXONOMY = Taxonomy.from_nodes(
    [
        Node("beryl", "Beryl", "family"),
        Node("beryl/emerald", "Emerald", "variety", aliases=("Panna",)),
        Node("beryl/emerald/colombian", "Colombian Emerald", "region"),
        Node("spinel", "Spinel", "family"),
        Node("other", "Other", "family", excluded="not one kind of gem"),
        Node("other/navratna", "Navratna", "trade"),
    ]
)

FILE = """\
format: 1
sources:
  gia: "GIA Gem Reference Guide"
  webster: "Webster: Gems"
gems:
  beryl:
    refractive_index: [1.56, 1.61]
    birefringence: [0.004, 0.009]
    optic_character: [uniaxial-]
    hardness: [7.5, 8]
    spot_only: false
    dispersion: 0.014
    fluorescence: {long_wave: none, short_wave: none}
    confused_with:
      others/glass: "Glass is singly refractive."
      beryl/emerald: "Emerald is green."
    sources: [gia]
  beryl/emerald:
    refractive_index: [1.565, 1.602]
    dispersion:
    colours: [green]
    fluorescence: {long_wave: none to weak red, short_wave: none}
    sources: [webster]
others:
  glass:
    name: Paste
    aliases: [Crown glass]
    kind: imitation
    optic_character: isotropic
    birefringence: 0
    sources: [webster]
"""


def loaded(folder: Path, text: str) -> Properties:
    path = folder / "properties.yaml"
    path.write_text(text, encoding="utf-8")
    return load_properties(path, TAXONOMY)


def test_a_gem_inherits_field_by_field(tmp_path: Path) -> None:
    properties = loaded(tmp_path, FILE)
    emerald, colombian = properties.gem("beryl/emerald"), properties.gem("beryl/emerald/colombian")
    assert emerald.refractive_index == Range(1.565, 1.602)
    assert emerald.birefringence == Range(0.004, 0.009)
    assert emerald.dispersion is None
    assert emerald.fluorescence == ("none to weak red", "none")
    assert [other for other, _ in properties.gem("beryl").confused_with] == ["others/glass", "beryl/emerald"]
    assert emerald.confused_with == (("others/glass", "Glass is singly refractive."),)
    assert emerald.sources == ("webster", "gia")
    assert emerald.name == "Emerald"
    assert emerald.aliases == ("Panna",)
    assert colombian.colours == ("green",)
    assert colombian.refractive_index == emerald.refractive_index
    assert properties.gem("beryl").dispersion == Range(0.014, 0.014)
    assert properties.gem("spinel") == Gem(id="spinel", name="Spinel")
    assert properties.gem("others/glass").optic_character == ("isotropic",)
    assert list(properties) == ["beryl", "beryl/emerald", "beryl/emerald/colombian", "spinel", "others/glass"]
    assert properties.others == ("others/glass",)


def test_gems_are_found_by_any_name(tmp_path: Path) -> None:
    properties = loaded(tmp_path, FILE)
    assert properties.find("panna").id == "beryl/emerald"
    assert properties.find("CROWN GLASSES").id == "others/glass"
    assert properties.find("others/glass").id == "others/glass"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Emerold", "No gem is called 'Emerold'; nearest: Emerald"),
        ("Crown glas", "No gem is called 'Crown glas'; nearest: Crown glass"),
        ("Navratna", "Nothing can be said of 'Navratna'"),
    ],
)
def test_a_name_that_is_not_known_gives_the_nearest(tmp_path: Path, name: str, message: str) -> None:
    properties = loaded(tmp_path, FILE)
    with pytest.raises(DataError, match=message) as caught:
        properties.find(name)
    assert "\n" not in str(caught.value)


def test_an_id_that_is_not_known_gives_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no gem of the id 'beryl/emerold'; nearest: beryl/emerald"):
        loaded(tmp_path, FILE).gem("beryl/emerold")


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("[1.56, 1.61]", "[1.61, 1.56]", 7, "`refractive_index` goes from 1.61 down to 1.56"),
        ("[1.56, 1.61]", "[0.9, 1.61]", 7, "`refractive_index` is 0.9, which no gem has"),
        ("[1.56, 1.61]", "about 1.57", 7, "must be a number or [lowest, highest], but is `about 1.57`"),
        ("[1.56, 1.61]", "[1.56, true]", 7, "must be a number or [lowest, highest], but is `true`"),
        ("[1.56, 1.61]", "[1.5, 1.6, 1.7]", 7, "`refractive_index` has 3 numbers"),
        ("[1.56, 1.61]", "[1.56, 1.561]", 7, "must span at least the `birefringence` of 0.004"),
        ("[7.5, 8]", "[7.5, 11]", 10, "`hardness` is 11.0, which no gem has: it is 1 to 10"),
        ("spot_only: false", "spot_only: perhaps", 11, "`spot_only` must be true or false, but is `perhaps`"),
        ("[uniaxial-]", "[uniaxial]", 9, "`optic_character` cannot be `uniaxial`. Use isotropic"),
        ("[uniaxial-]", "[isotropic]", 8, "What is isotropic has a `birefringence` of 0"),
        ("{long_wave: none, ", "{long_wave: bright, ", 13, "`long_wave` must begin with one of none, weak"),
        ("dispersion: 0.014", "fire: 0.014", 12, "`fire` is not known in `beryl`"),
        ("kind: imitation", "kind: fake", 28, "`kind` cannot be `fake`. Use natural"),
        ("[green]", "[{dark: green}]", 21, "`colours` must be texts, but holds a mapping"),
        (
            "\n  beryl/emerald:",
            "\n  beryl/emerold:",
            19,
            "no gem of the id `beryl/emerold`; nearest: beryl/emerald",
        ),
        ("\n  beryl/emerald:", "\n  other/navratna:", 19, "no gem of the id `other/navratna`"),
        (
            "      others/glass",
            "      others/gloss",
            15,
            "no gem of the id `others/gloss`; nearest: others/glass",
        ),
        ("      others/glass", "      beryl", 15, "`beryl` is confused with itself"),
        ('others/glass: "Glass is singly refractive."', "others/glass:", 15, "must have a text as `others/glass`"),
        (
            "sources: [gia]",
            "sources: [gai]",
            17,
            "`gai` is no source. Describe it under `sources`, or use gia, webster",
        ),
        ("    name: Paste\n", "", 26, "`glass` must have a text as `name`"),
        ("format: 1", "format: 2", 1, "`format` is 2. This version reads `format: 1`"),
        ("format: 1", "fromat: 1", 1, "`fromat` is not known"),
        ("format: 1", "format: ]", 1, "This is not YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int, message: str) -> None:
    assert old in FILE
    with pytest.raises(DataError) as caught:
        loaded(tmp_path, FILE.replace(old, new, 1))
    assert str(caught.value).startswith(f"{tmp_path / 'properties.yaml'}:{line}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: No such file"):
        load_properties(tmp_path / "none.yaml", TAXONOMY)
    (tmp_path / "latin.yaml").write_bytes("format: 1 # é".encode("latin-1"))
    with pytest.raises(DataError, match="This is not UTF-8 text"):
        load_properties(tmp_path / "latin.yaml", TAXONOMY)


def test_the_packaged_file_is_the_default(properties: Properties) -> None:
    assert load_properties(BUILT_IN, properties.taxonomy).gems == properties.gems
