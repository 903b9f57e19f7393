"""A bundle on disk: whole, unchanged and readable, or refused with what to do; and what it classifies."""

import errno
import itertools
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gemhier.arrays import RGB
from gemhier.atomic import write_whole_folder
from gemhier.errors import BundleError, OutputError
from gemhier.hierarchy.decoding import softmax
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.bundle import Bundle, load_bundle, write_bundle
from gemhier.models.bundle import files as bundle_files
from gemhier.models.bundle.files import find_finder
from gemhier.models.bundle.info import BundleInfo, Temperatures
from gemhier.models.bundle.predictions import Prediction
from gemhier.models.images.crop import BACKGROUND
from gemhier.models.images.finder import Finder
from gemhier.models.images.stones import Cutter, Failure
from gemhier.models.images.untrained_finders import UNTRAINED

Paint = Callable[[str], RGB]
LABELS = (
    "beryl/aquamarine",
    "beryl/emerald",
    "beryl/emerald/colombian",
    "corundum/ruby",
    "corundum/sapphire",
    "quartz",
)


@pytest.fixture(scope="module")
def bundle(tiny_bundle: Path) -> Bundle:
    return load_bundle(tiny_bundle)


def edit_info(folder: Path, **changes: Any) -> None:
    """Change bundle.json; None takes a key away."""
    path = folder / "bundle.json"
    content = json.loads(path.read_text())
    content |= changes
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


def rewrite(folder: Path, bundle: Bundle, **changes: Any) -> None:
    """Write a bundle like another one, with other parts."""
    parts: dict[str, Any] = {
        "taxonomy": bundle.taxonomy,
        "network": (bundle.folder / "network.tflite").read_bytes(),
        "finder": bundle.finder.content,
        "report": {"n": 0},
        "model_card": "# Tiny\n",
    }
    write_bundle(folder, changes.pop("info", bundle.info), **(parts | changes))


# Loading


def test_a_bundle_is_what_was_written(tiny_bundle: Path, tiny_taxonomy: Taxonomy, tiny_finder: bytes) -> None:
    bundle = load_bundle(tiny_bundle)
    assert bundle.info.labels == LABELS == bundle.space.labels
    assert bundle.taxonomy == tiny_taxonomy
    assert bundle.info.temperatures == Temperatures(flat=1.5, family=0.8, regional={"beryl": 1.25, "corundum": 0.75})
    assert bundle.info.stone_threshold == 0.5
    assert bundle.finder.content == tiny_finder
    assert bundle.info.thresholds.threshold_for(0.9) == 0.7
    assert sorted(bundle.info.files) == [
        "MODEL_CARD.md",
        "finder.tflite",
        "network.tflite",
        "report.json",
        "taxonomy.json",
    ]
    assert sorted(path.name for path in tiny_bundle.iterdir()) == sorted([*bundle.info.files, "bundle.json"])


@pytest.mark.parametrize("stone_threshold", [0, 0.25, 1])
def test_bundle_json_round_trips(bundle: Bundle, stone_threshold: float) -> None:
    info = replace(bundle.info, stone_threshold=stone_threshold)
    assert BundleInfo.from_dict(json.loads(json.dumps(info.to_dict()))) == info


def test_a_bundle_that_was_saved_and_loaded_predicts_the_same(bundle: Bundle, tmp_path: Path) -> None:
    rewrite(tmp_path / "again", bundle)
    crops = np.random.default_rng(3).integers(0, 256, (9, 32, 32, 3), dtype=np.uint8)
    again = load_bundle(tmp_path / "again")
    assert again.info == bundle.info
    np.testing.assert_array_equal(again.probabilities(crops).flat, bundle.probabilities(crops).flat)


def test_the_environment_names_a_bundle(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMHIER_MODEL", str(tiny_bundle))
    assert load_bundle().folder == tiny_bundle


def test_a_wrong_environment_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMHIER_MODEL", str(tmp_path / "nowhere"))
    with pytest.raises(BundleError, match=r"nowhere \(from GEMHIER_MODEL\): no such bundle"):
        load_bundle()


def test_a_path_goes_before_the_environment(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMHIER_MODEL", "/nowhere")
    assert load_bundle(str(tiny_bundle)).folder == tiny_bundle


def test_the_shipped_bundle_is_the_default(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_files, "SHIPPED", tiny_bundle)
    monkeypatch.setenv("GEMHIER_MODEL", "")
    assert load_bundle().folder == tiny_bundle


def test_the_shipped_bundle_has_a_name_unless_a_folder_is_called_so(
    tiny_bundle: Path, tiny_bundle_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_files, "SHIPPED", tiny_bundle)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEMHIER_MODEL", "/nowhere")
    assert load_bundle("shipped").folder == load_bundle(Path("shipped")).folder == tiny_bundle
    tiny_bundle_copy.rename(tmp_path / "shipped")
    assert load_bundle("shipped").folder == Path("shipped")


def test_an_installation_without_a_model_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_files, "SHIPPED", tmp_path / "shipped")
    with pytest.raises(BundleError, match="brings no model. Name a bundle with --model or GEMHIER_MODEL"):
        load_bundle()


def test_a_missing_folder_a_file_and_an_empty_folder_are_no_bundles(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    for name, message in (("missing", "no such bundle"), ("file", "a file, not"), ("empty", "bundle.json is missing")):
        with pytest.raises(BundleError, match=message):
            load_bundle(tmp_path / name)


@pytest.mark.parametrize("name", ["taxonomy.json", "network.tflite", "finder.tflite", "report.json", "MODEL_CARD.md"])
def test_a_changed_or_missing_file_is_named(tiny_bundle_copy: Path, name: str) -> None:
    path = tiny_bundle_copy / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(BundleError) as caught:
        load_bundle(tiny_bundle_copy)
    assert str(caught.value) == (
        f"{tiny_bundle_copy}: {name} has changed since the bundle was packaged. Package the model again."
    )
    path.unlink()
    with pytest.raises(BundleError, match=f"{name} is missing"):
        load_bundle(tiny_bundle_copy)
    path.mkdir()
    with pytest.raises(BundleError, match=f"{name} cannot be read"):
        load_bundle(tiny_bundle_copy)


def test_a_later_format_asks_for_an_upgrade(tiny_bundle_copy: Path) -> None:
    edit_info(tiny_bundle_copy, format=3)
    with pytest.raises(BundleError) as caught:
        load_bundle(tiny_bundle_copy)
    assert str(caught.value) == (f"{tiny_bundle_copy}: format 3 is newer than this gemhier reads (2). Upgrade gemhier.")


def test_a_bundle_of_an_earlier_format_asks_for_a_new_training(tiny_bundle_copy: Path) -> None:
    (tiny_bundle_copy / "finder.tflite").unlink()
    edit_info(tiny_bundle_copy, format=1, finder=1, margin=0.1, stone_threshold=None)
    with pytest.raises(BundleError) as caught:
        load_bundle(tiny_bundle_copy)
    assert str(caught.value) == (
        f"{tiny_bundle_copy}: format 1 is from an earlier gemhier, this one reads 2. Train the model again."
    )


def test_a_bundle_without_a_finder_is_refused(tiny_bundle_copy: Path) -> None:
    files = json.loads((tiny_bundle_copy / "bundle.json").read_text())["files"]
    del files["finder.tflite"]
    edit_info(tiny_bundle_copy, files=files)
    with pytest.raises(BundleError, match="bundle.json does not list finder.tflite"):
        load_bundle(tiny_bundle_copy)


@pytest.mark.parametrize("name", sorted(UNTRAINED))
def test_a_bundle_may_do_without_a_trained_finder(
    bundle: Bundle, tmp_path: Path, paint_stone: Paint, name: str
) -> None:
    rewrite(tmp_path / "untrained", bundle, info=replace(bundle.info, finder=name, files={}), finder=None)
    assert not (tmp_path / "untrained" / "finder.tflite").exists()
    loaded = load_bundle(tmp_path / "untrained")
    assert loaded.finder is UNTRAINED[name]
    assert find_finder(tmp_path / "untrained") is UNTRAINED[name]
    nothing = np.full((60, 60, 3), 240, np.uint8)
    for result in loaded.classify([nothing, paint_stone("corundum/ruby")]):
        assert isinstance(result, Prediction)
        assert "no gem" not in (result.refused or "")
    (of_the_trained,) = bundle.classify([nothing])
    assert isinstance(of_the_trained, Prediction)
    assert "no gem" in (of_the_trained.refused or "")


def test_a_bundle_that_names_no_finder_has_a_trained_one(tiny_bundle_copy: Path, tiny_finder: bytes) -> None:
    edit_info(tiny_bundle_copy, finder=None)
    assert load_bundle(tiny_bundle_copy).finder.content == tiny_finder


def test_a_finder_that_is_not_known_or_does_not_fit_is_refused(
    bundle: Bundle, tiny_bundle_copy: Path, tmp_path: Path
) -> None:
    edit_info(tiny_bundle_copy, finder="hough")
    with pytest.raises(BundleError, match=r"`finder` must be one of network, none, canny. Received: 'hough'"):
        load_bundle(tiny_bundle_copy)
    edit_info(tiny_bundle_copy, finder="none")
    with pytest.raises(BundleError, match=r"names the finder none, but there is finder.tflite"):
        load_bundle(tiny_bundle_copy)
    with pytest.raises(BundleError, match=r"names the finder network, but there is no finder.tflite"):
        rewrite(tmp_path / "unfit", bundle, finder=None)
    assert not (tmp_path / "unfit").exists()


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "\x00", "[" * 100_000],
    ids=["empty", "cut short", "a list", "null", "a zero byte", "deeply nested"],
)
def test_a_bundle_json_that_is_not_an_object_is_refused(tiny_bundle_copy: Path, content: str) -> None:
    (tiny_bundle_copy / "bundle.json").write_text(content)
    with pytest.raises(BundleError, match=r"bundle.json (is not JSON|must hold a JSON object)"):
        load_bundle(tiny_bundle_copy)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": None}, "unknown format None"),
        ({"format": "1"}, "unknown format '1'"),
        ({"size": None}, "`size` is missing"),
        ({"size": "32"}, "`size` must be a whole number. Received: '32'"),
        ({"size": True}, "`size` must be a whole number"),
        ({"size": 0}, "`size` must be at least 1"),
        ({"size": 64}, "network.tflite takes 32 pixels and gives 6 labels and 3 families"),
        ({"labels": "beryl"}, "`labels` must be a list of texts"),
        ({"labels": []}, "`labels` must hold at least one"),
        ({"labels": sorted(LABELS, reverse=True)}, "`labels` must be sorted"),
        ({"labels": list(LABELS[:-1])}, "gives 6 labels and 3 families, but bundle.json says 32, 5 and 2"),
        ({"labels": [*LABELS[:-1], "spinel"]}, "taxonomy.json does not know `spinel`"),
        ({"strategy": "vote"}, "`strategy` must be one of flat, fused, hard, soft. Received: 'vote'"),
        ({"fusion_weight": 1.5}, "`fusion_weight` must lie between 0 and 1"),
        ({"fusion_weight": 10**400}, "bundle.json cannot be used"),
        ({"default_precision": 1}, "`default_precision` must lie between 0 and 1"),
        ({"stone_threshold": None}, "`stone_threshold` is missing"),
        ({"stone_threshold": "0.5"}, "`stone_threshold` must be a number. Received: '0.5'"),
        ({"stone_threshold": 1.01}, "`stone_threshold` must lie between 0 and 1. Received: 1.01"),
        ({"stone_threshold": float("nan")}, "`stone_threshold` must lie between 0 and 1"),
        ({"temperatures": {"flat": 0, "family": 1, "regional": {}}}, "temperature must be above 0"),
        ({"temperatures": {"flat": 1, "family": 1}}, "`temperatures.regional` is missing"),
        ({"temperatures": {"flat": 1, "family": 1, "regional": {"beryl": "1"}}}, "`temperatures.regional.beryl`"),
        ({"temperatures": {"flat": 1, "family": 1, "regional": {"spinel": 1}}}, "a temperature for `spinel`"),
        ({"thresholds": {}}, "`thresholds` must be a list of objects"),
        ({"thresholds": [{"precision": 0.9}]}, "Not a table of thresholds"),
        ({"files": {}}, "does not list taxonomy.json, network.tflite, finder.tflite, report.json, MODEL_CARD.md"),
    ],
    ids=str,
)
def test_what_bundle_json_may_not_say(tiny_bundle_copy: Path, changes: dict[str, Any], message: str) -> None:
    edit_info(tiny_bundle_copy, **changes)
    with pytest.raises(BundleError) as caught:
        load_bundle(tiny_bundle_copy)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{tiny_bundle_copy}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["../secret", "a/../../secret", "/etc/passwd", "..\\secret", "C:secret", "C:\\secret", "", ".", "a\0b"]
)
def test_files_outside_the_bundle_are_refused(tiny_bundle_copy: Path, name: str) -> None:
    edit_info(tiny_bundle_copy, files={name: "0" * 64})
    with pytest.raises(BundleError, match="`files` must name files inside the bundle"):
        load_bundle(tiny_bundle_copy)


def test_keys_of_later_versions_are_left_aside(tiny_bundle_copy: Path) -> None:
    edit_info(tiny_bundle_copy, views=4)
    assert load_bundle(tiny_bundle_copy).info.size == 32


def test_a_taxonomy_that_contradicts_itself_is_refused(tiny_bundle_copy: Path) -> None:
    content = b'{"format": 1, "nodes": [{"id": "beryl/emerald", "name": "Emerald", "rank": "variety"}]}'
    (tiny_bundle_copy / "taxonomy.json").write_bytes(content)
    files = json.loads((tiny_bundle_copy / "bundle.json").read_text())["files"]
    edit_info(tiny_bundle_copy, files=files | bundle_files.digests({"taxonomy.json": content}))
    with pytest.raises(BundleError, match="taxonomy.json cannot be used"):
        load_bundle(tiny_bundle_copy)


# Writing


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": b"text"}, "unfit: The network cannot be loaded"),
        ({"finder": b"text"}, "unfit: The stone finder cannot be used. The network cannot be loaded"),
        ({"taxonomy": Taxonomy({})}, "does not know `beryl`"),
    ],
    ids=["network", "finder", "taxonomy"],
)
def test_parts_that_do_not_fit_are_not_written(
    bundle: Bundle, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(BundleError, match=message):
        rewrite(tmp_path / "unfit", bundle, **changes)
    assert list(tmp_path.iterdir()) == []


def test_a_network_is_no_finder_and_a_finder_no_network(bundle: Bundle, tmp_path: Path) -> None:
    network, finder = (bundle.folder / "network.tflite").read_bytes(), bundle.finder.content
    with pytest.raises(BundleError, match="must give float32 `maps`, .*, but gives family .*, flat .*, regional"):
        rewrite(tmp_path / "unfit", bundle, finder=network)
    with pytest.raises(BundleError, match="must give float32 `flat` and `regional`"):
        rewrite(tmp_path / "unfit", bundle, network=finder)
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_json_cannot_say_is_not_written(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        rewrite(tmp_path / "unfit", bundle, report={"top1": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_writing_again_replaces_a_bundle_whole(bundle: Bundle, tmp_path: Path) -> None:
    rewrite(tmp_path / "made" / "bundle", bundle)
    rewrite(tmp_path / "made" / "bundle", bundle, info=replace(bundle.info, model_version="2"))
    assert load_bundle(tmp_path / "made" / "bundle").info.model_version == "2"
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["bundle"]


def test_what_somebody_put_into_a_bundle_is_not_replaced(bundle: Bundle, tmp_path: Path) -> None:
    rewrite(tmp_path / "bundle", bundle)
    (tmp_path / "bundle" / "notes.txt").write_text("years of work")
    with pytest.raises(OutputError, match=r"bundle: holds notes\.txt beside a bundle. Move it away"):
        rewrite(tmp_path / "bundle", bundle, info=replace(bundle.info, model_version="2"))
    assert load_bundle(tmp_path / "bundle").info.model_version == bundle.info.model_version
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_what_a_file_manager_left_in_a_bundle_does_not_keep_it(bundle: Bundle, tmp_path: Path) -> None:
    for version in ("1", "2"):
        rewrite(tmp_path / "bundle", bundle, info=replace(bundle.info, model_version=version))
        (tmp_path / "bundle" / "Thumbs.db").touch()
    assert load_bundle(tmp_path / "bundle").info.model_version == "2"


def test_a_folder_with_something_else_is_not_replaced(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="exists already and is not a bundle"):
        rewrite(tmp_path, bundle)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_bundle_below_a_file_cannot_be_written(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be a folder, since"):
        rewrite(tmp_path / "file" / "bundle", bundle)


def test_a_write_that_fails_leaves_the_older_bundle(
    bundle: Bundle, tiny_bundle_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def fail_at_the_end(self: Path, target: Path) -> Path:
        if self.name.endswith(".part"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_at_the_end)
    with pytest.raises(OutputError, match="No space left on device"):
        rewrite(tiny_bundle_copy, bundle, info=replace(bundle.info, model_version="2"))
    assert load_bundle(tiny_bundle_copy).info.model_version == "tiny-1"
    assert [path.name for path in tiny_bundle_copy.parent.iterdir()] == [tiny_bundle_copy.name]


# Probabilities


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 4))
@settings(max_examples=15)
def test_every_distribution_sums_to_one(bundle: Bundle, seed: int, count: int) -> None:
    crops = np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    found = bundle.probabilities(crops)
    assert sorted(found.by_strategy) == ["flat", "fused", "hard", "soft"]
    for distribution in (found.flat, found.family, *found.by_strategy.values()):
        np.testing.assert_allclose(distribution.sum(axis=1), 1, rtol=0, atol=1e-6)
    within = np.stack([found.conditional[:, bundle.space.parents == family].sum(axis=1) for family in range(3)])
    np.testing.assert_allclose(within, 1, rtol=0, atol=1e-6)


def test_temperatures_are_applied_to_the_logits(bundle: Bundle) -> None:
    crops = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    logits, found = bundle.network.logits(crops), bundle.probabilities(crops)
    np.testing.assert_allclose(found.flat, softmax(logits.flat, 1.5))
    np.testing.assert_allclose(found.family, softmax(logits.family, 0.8))
    np.testing.assert_allclose(found.conditional[:, :3], softmax(logits.regional[:, :3], 1.25))
    np.testing.assert_allclose(found.conditional[:, 3:5], softmax(logits.regional[:, 3:5], 0.75))
    np.testing.assert_allclose(found.conditional[:, 5], 1)


# Classifying


def painted(folder: Path, paint: Paint) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{label.replace('/', '-')}.png" for label in LABELS]
    for path, label in zip(paths, LABELS, strict=True):
        cv2.imwrite(str(path), cv2.cvtColor(paint(label), cv2.COLOR_RGB2BGR))
    return paths


def predicted(results: Iterator[Prediction | Failure]) -> list[Prediction]:
    found = list(results)
    assert [result for result in found if isinstance(result, Failure)] == []
    return [result for result in found if isinstance(result, Prediction)]


def test_painted_stones_are_named_by_their_colour(bundle: Bundle, paint_stone: Paint, tmp_path: Path) -> None:
    paths = painted(tmp_path / "stones", paint_stone)
    predictions = predicted(bundle.classify(paths))
    assert [prediction.subclasses[0].id for prediction in predictions] == list(LABELS)
    assert [prediction.image for prediction in predictions] == [str(path) for path in paths]
    assert {(prediction.decided_by, prediction.model_version) for prediction in predictions} == {("fused", "tiny-1")}
    ruby = predictions[3].answer
    assert ruby is not None
    assert (ruby.id, ruby.name, ruby.rank) == ("corundum/ruby", "Ruby", "variety")


def test_paths_texts_and_arrays_give_the_same(bundle: Bundle, paint_stone: Paint, tmp_path: Path) -> None:
    path = painted(tmp_path / "stones", paint_stone)[3]
    by_path, by_text, by_array = predicted(bundle.classify([path, str(path), paint_stone(LABELS[3])]))
    assert by_path == by_text == replace(by_array, image=str(path))
    assert by_array.image == "array 2"


@given(batch_size=st.integers(1, 9), workers=st.integers(1, 4), order=st.permutations(range(6)))
@settings(max_examples=12)
def test_a_picture_gets_the_same_answer_alone_in_a_batch_and_by_several_workers(
    bundle: Bundle, tmp_path_factory: pytest.TempPathFactory, batch_size: int, workers: int, order: list[int]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "noise"
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{index}.png" for index in range(6)]
    for index, path in enumerate(paths):
        if not path.exists():
            noise = np.random.default_rng(index).integers(0, 256, (40 + 7 * index, 60, 3), dtype=np.uint8)
            cv2.imwrite(str(path), cv2.GaussianBlur(noise, (9, 9), 0))
    chosen = [paths[index] for index in order]
    together = predicted(bundle.classify(chosen, batch_size=batch_size, workers=workers, top=6))
    alone = [predicted(bundle.classify([path], top=6))[0] for path in chosen]
    assert together == alone


def scene(paint: Paint, *labels: str) -> RGB:
    """Painted stones side by side on white, each smaller than the one before."""
    image = np.full((120, 60 + 120 * len(labels), 3), 255, np.uint8)
    for index, label in enumerate(labels):
        height, width = (round(length * (1 - 0.2 * index)) for length in (96, 128))
        small = cv2.resize(paint(label), (width, height), interpolation=cv2.INTER_AREA)
        image[10 : 10 + height, 10 + 120 * index : 10 + 120 * index + width] = np.minimum(
            image[10 : 10 + height, 10 + 120 * index : 10 + 120 * index + width], small
        )
    return image


def test_all_stones_of_a_picture_come_in_order_with_their_places(bundle: Bundle, paint_stone: Paint) -> None:
    labels = ["corundum/ruby", "beryl/aquamarine", "corundum/sapphire"]
    images = [scene(paint_stone, *labels), paint_stone("quartz"), scene(paint_stone, *labels[::-1])]
    predictions = predicted(bundle.classify(images, all_stones=True))
    assert [prediction.subclasses[0].id for prediction in predictions] == [*labels, "quartz", *labels[::-1]]
    assert [prediction.image for prediction in predictions] == ["array 0"] * 3 + ["array 1"] + ["array 2"] * 3
    places = [prediction.place for prediction in predictions if prediction.place is not None]
    assert [place.stone for place in places] == [1, 2, 3, 1, 1, 2, 3]
    assert places[0].side > places[1].side > places[2].side
    for index, place in enumerate(places[:3]):
        size = 1 - 0.2 * index
        assert abs(place.x + place.side / 2 - (10 + 120 * index + 70 * size)) < 6
        assert abs(place.y + place.side / 2 - (10 + 45 * size)) < 6
        assert abs(place.side - 1.2 * 73 * size) < 8


def test_without_all_stones_the_most_prominent_one_answers(bundle: Bundle, paint_stone: Paint) -> None:
    image = scene(paint_stone, "corundum/ruby", "beryl/aquamarine")
    (prediction,) = predicted(bundle.classify([image]))
    first, _ = predicted(bundle.classify([image], all_stones=True))
    assert prediction == replace(first, place=None)
    assert prediction.subclasses[0].id == "corundum/ruby"


@given(
    batch_size=st.integers(1, 7), workers=st.integers(1, 3), counts=st.lists(st.integers(0, 3), min_size=1, max_size=4)
)
@settings(max_examples=15)
def test_all_stones_are_the_same_alone_in_a_batch_and_by_several_workers(
    bundle: Bundle, paint_stone: Paint, batch_size: int, workers: int, counts: list[int]
) -> None:
    images: list[RGB | Failure] = [scene(paint_stone, *LABELS[:count]) for count in counts]
    images.insert(len(counts) // 2, Failure("between", "asked for"))
    together = list(bundle.classify(images, batch_size=batch_size, workers=workers, all_stones=True))
    alone = []
    for position, image in enumerate(images):
        results = list(bundle.classify([image], all_stones=True))
        alone += [replace(result, image=result.image.replace("array 0", f"array {position}")) for result in results]
    assert len(together) == 1 + sum(max(1, count) for count in counts)
    assert together == alone


def test_a_picture_without_a_gem_is_refused_and_still_ranked(bundle: Bundle, paint_stone: Paint) -> None:
    plain = np.full((50, 70, 3), (190, 20, 50), np.uint8)
    for all_stones in (False, True):
        stone, nothing = predicted(bundle.classify([paint_stone("quartz"), plain], all_stones=all_stones))
        assert stone.answer is not None
        assert nothing.answer is None
        assert nothing.refused == "no gem stands out: the highest score is 0.000, and a gem has at least 0.500"
        assert nothing.subclasses[0].id == "corundum/ruby"
    assert nothing.place is not None
    assert (nothing.place.stone, nothing.place.x, nothing.place.y, nothing.place.side) == (1, 0, -10, 70)


def test_how_sure_the_finder_must_be_is_the_bundles(bundle: Bundle, paint_stone: Paint) -> None:
    plain = np.full((50, 70, 3), (190, 20, 50), np.uint8)
    for threshold, answered in ((0, [True, True]), (0.99, [True, False]), (1, [False, False])):
        asking = replace(bundle, finder=Finder(bundle.finder.content, threshold=threshold))
        predictions = predicted(asking.classify([paint_stone("corundum/ruby"), plain]))
        assert [prediction.answer is not None for prediction in predictions] == answered


def test_the_backdrop_says_nothing(bundle: Bundle, paint_stone: Paint) -> None:
    on_white = paint_stone("corundum/ruby")
    crops = []
    for ground in ((255, 255, 255), (20, 120, 60), (90, 90, 90)):
        image = on_white.copy()
        image[np.all(on_white == 255, axis=-1)] = ground
        (crop,) = Cutter(bundle.finder, 96).crops(image, "ring.jpg")
        assert crop.score > 0.5
        crops.append(crop.pixels.astype(int))
    rows, columns = np.mgrid[:96, :96] - 47.5
    distance = np.hypot(rows, columns) / 96  # the stone's own radius is 0.42
    for found in crops:
        assert np.all(found[distance > 0.47] == BACKGROUND)
        assert np.abs(found - crops[0])[distance < 0.34].mean() < 3
        np.testing.assert_allclose(found[distance < 0.15].mean(axis=0), (190, 20, 50), atol=3)


def test_threads_can_share_a_bundle(bundle: Bundle, paint_stone: Paint) -> None:
    found: dict[str, list[Prediction]] = {}

    def classify(label: str) -> None:
        found[label] = predicted(bundle.classify([paint_stone(label)] * 5, batch_size=2))

    threads = [threading.Thread(target=classify, args=(label,)) for label in LABELS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {label: {result.subclasses[0].id for result in results} for label, results in found.items()} == {
        label: {label} for label in LABELS
    }


def bad_files(folder: Path, paint: Paint) -> dict[Path, str]:
    """Files that cannot be read, and a word of the reason."""
    whole = painted(folder, paint)[0].read_bytes()
    contents = {"cut.png": whole[: len(whole) // 2], "empty.jpg": b"", "notes.jpg": b"not a picture"}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {
        folder / "cut.png": "cut short or damaged",
        folder / "empty.jpg": "an empty file",
        folder / "notes.jpg": "not a picture",
        folder / "missing.jpg": "no such file",
        folder: "a folder",
    }


@pytest.mark.parametrize("batch_size", [1, 2, 32])
def test_every_input_has_one_result_in_its_place(
    bundle: Bundle, paint_stone: Paint, tmp_path: Path, batch_size: int
) -> None:
    reasons = bad_files(tmp_path / "stones", paint_stone)
    good = painted(tmp_path / "stones", paint_stone)[1:]
    images = [path for pair in zip(reasons, good, strict=True) for path in pair]
    results = list(bundle.classify([*images, Failure("later", "asked for")], batch_size=batch_size))
    assert [result.image for result in results] == [*map(str, images), "later"]
    assert [isinstance(result, Failure) for result in results] == [True, False] * 5 + [True]
    for result, reason in zip(results[::2], reasons.values(), strict=False):
        assert isinstance(result, Failure)
        assert result.reason.startswith(reason)
    assert results[-1] == Failure("later", "asked for")


def test_a_picture_too_large_for_the_memory_is_a_failure(
    bundle: Bundle, paint_stone: Paint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(path: Path) -> RGB:
        raise MemoryError

    path = painted(tmp_path / "stones", paint_stone)[0]
    monkeypatch.setattr("gemhier.models.images.stones.read_image", no_memory)
    (result,) = bundle.classify([path])
    assert isinstance(result, Failure)
    assert "memory" in result.reason


def test_pictures_are_taken_a_bounded_distance_ahead(bundle: Bundle, paint_stone: Paint) -> None:
    taken = 0

    def endless() -> Iterator[RGB]:
        nonlocal taken
        while True:
            taken += 1
            yield paint_stone("quartz")

    results = bundle.classify(endless(), batch_size=2, workers=2)
    for _ in range(6):
        next(results)
    assert 6 <= taken <= 6 + 2 * (2 * 2 + 1)
    results.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("stones")]


def test_a_result_comes_before_all_later_pictures_are_read(bundle: Bundle, paint_stone: Paint) -> None:
    given: list[int] = []

    def images() -> Iterator[RGB]:
        for number in range(100):
            given.append(number)
            yield paint_stone("quartz")

    next(bundle.classify(images(), workers=2))
    assert len(given) <= 6


def test_no_pictures_give_no_results(bundle: Bundle) -> None:
    assert list(bundle.classify([])) == []


def test_top_bounds_both_rankings(bundle: Bundle, paint_stone: Paint) -> None:
    (prediction,) = predicted(bundle.classify([paint_stone("quartz")], top=2))
    assert (len(prediction.families), len(prediction.subclasses)) == (2, 2)


def test_asking_for_more_precision_never_answers_deeper(bundle: Bundle, paint_stone: Paint) -> None:
    pairs = itertools.combinations_with_replacement(map(paint_stone, LABELS), 2)
    mixed = [(one // 2 + other // 2).astype(np.uint8) for one, other in pairs]
    depths = []
    for precision in (0.5, 0.8, 0.9, 0.95, 0.999):
        predictions = predicted(bundle.classify(mixed, target_precision=precision))
        depths.append([len(result.answer.id.split("/")) if result.answer else 0 for result in predictions])
    assert all(np.all(np.diff(np.array(depths), axis=0) <= 0, axis=0))
    assert len({tuple(row) for row in depths}) > 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"top": 0}, "`top`"),
        ({"batch_size": 0}, "`batch_size`"),
        ({"workers": 0}, "`workers`"),
        ({"target_precision": 1.0}, "`target_precision`"),
        ({"target_precision": float("nan")}, "`target_precision`"),
    ],
    ids=str,
)
def test_arguments_outside_their_range_are_refused_at_once(
    bundle: Bundle, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        bundle.classify([], **arguments)


def test_one_path_is_not_taken_for_a_list_of_letters(bundle: Bundle) -> None:
    with pytest.raises(ValueError, match=r"must be a list of pictures. Received one path: 'ruby.jpg'"):
        bundle.classify("ruby.jpg")


@pytest.mark.parametrize("wrong", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3), np.float32), 7], ids=str)
def test_an_array_that_is_no_picture_is_a_mistake(bundle: Bundle, wrong: Any) -> None:
    with pytest.raises(ValueError, match="A picture must be"):
        list(bundle.classify([wrong]))


def test_an_image_of_pillow_is_answered_like_its_file(bundle: Bundle, tmp_path: Path, paint_stone: Paint) -> None:
    Image.fromarray(paint_stone("corundum/ruby")).save(tmp_path / "ruby.png")
    turned = Image.fromarray(paint_stone("beryl/emerald")).convert("P")
    with Image.open(tmp_path / "ruby.png") as opened:
        of_file, of_image, made = predicted(bundle.classify([tmp_path / "ruby.png", opened, turned]))
    assert of_image == replace(of_file, image=str(tmp_path / "ruby.png"))
    assert (made.image, made.subclasses[0].id) == ("image 2", "beryl/emerald")


def test_an_image_of_pillow_that_cannot_be_decoded_is_a_failure(bundle: Bundle, tmp_path: Path) -> None:
    (failure,) = bundle.classify([Image.new("RGB", (8, 8))])
    assert str(failure) == "image 0: too small, 8 x 8 pixels. Use a picture with at least 16 a side."
    Image.new("RGB", (64, 64), "red").save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:60])
    with Image.open(tmp_path / "cut.png") as opened:
        (failure,) = bundle.classify([opened])
    assert isinstance(failure, Failure)
    assert failure.reason.startswith("cannot be decoded (")


def test_a_bundle_is_printed_in_one_line(bundle: Bundle) -> None:
    assert repr(bundle) == f"<Bundle tiny-1: 6 labels in 3 families, {bundle.folder}>"


@pytest.mark.parametrize("change", [{"top": 0}, {"target_precision": 0.0}], ids=str)
def test_deciding_checks_its_arguments_too(bundle: Bundle, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        bundle.decide(["a"], np.full((1, 6), 1 / 6), [1.0], **change)


def test_a_copy_elsewhere_works_as_well(tiny_bundle: Path, tmp_path: Path, paint_stone: Paint) -> None:
    moved = Path(shutil.copytree(tiny_bundle, tmp_path / "with space" / "ünïcode"))
    (prediction,) = predicted(load_bundle(moved).classify([paint_stone("corundum/ruby")]))
    assert prediction.subclasses[0].name == "Ruby"


def test_a_write_that_fails_leaves_no_folders_that_it_made(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="No space left"):
        write_whole_folder(tmp_path / "new" / "deep" / "bundle", {"a": b"1"})
    assert not (tmp_path / "new").exists()
