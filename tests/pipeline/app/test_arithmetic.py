"""The scripts of the app against Python: the same stones, computed by both from one description."""

import csv
import io
import itertools
import json
import math
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gemhier.errors import EvidenceError, ImageError
from gemhier.hierarchy.decoding import node_probabilities
from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.novelty import entropies
from gemhier.hierarchy.posterior import posterior
from gemhier.hierarchy.prediction_sets import credible_set
from gemhier.hierarchy.priors import load_prior
from gemhier.hierarchy.reading_text import parse_readings
from gemhier.models.bundle.bundle import Bundle
from gemhier.models.bundle.decision import NOVEL, UNLIKE, WITHOUT_IMAGE, caution
from gemhier.models.bundle.multi_view import View, all_like, by_gem, named_contradictions, pool
from gemhier.models.bundle.predictions import Contradiction, MultiView, Prediction
from gemhier.models.images.white_balance import Point, gains_at, multiplied
from gemhier.models.runtime.logits import HEADS, Logits
from gemhier.pipeline.app.description import describe
from gemhier.pipeline.reports.prediction_formats import CsvRows

Values = dict[str, Any]
Make = Callable[[int, int], list[Values]]

NODE = shutil.which("node")
TOLERANCE = 1e-6
NAMES = ("=a, b.jpg", "grün.jpg", "c.png", "d.png", "e.png", "f.png")
"""What compute.js calls photographs."""

CASES_OF_EACH = 70

pytestmark = pytest.mark.skipif(NODE is None, reason="node, which runs the scripts, is not on the PATH")


def by_python(case: Values, model: Any) -> Values:
    """What Python says of a case, with the keys of compute.js."""
    bundle = model.settled(case["settings"])
    asked = {
        "top": case["asked"]["top"],
        "target_precision": case["asked"].get("precision"),
        "guarantee": case["asked"].get("guarantee"),
    }
    known = case["known"]
    try:
        evidence = Evidence(
            readings=parse_readings(known["texts"], known.get("errors")),
            prior=load_prior("trade") if known.get("prior") == "trade" else known.get("prior"),
            only=tuple(known.get("only", ())),
            without=tuple(known.get("without", ())),
            **({"wrong": known["wrong"]} if "wrong" in known else {}),
        )
        decoded, pooled, score, like = seen_by_python(case, bundle)
        if pooled is None:
            prediction = bundle.identify(evidence, **asked)
        else:
            (prediction,) = bundle.decide([""], pooled[None], [score], evidence=[evidence], like=[like], **asked)
        even = np.full(len(bundle.space), 1 / len(bundle.space))
        after = posterior(even if pooled is None else pooled, bundle.candidates, evidence)
    except EvidenceError as error:
        return {"error": str(error)}
    return {
        "decoded": decoded,
        "pooled": None if pooled is None else pooled.tolist(),
        "posterior": np.concatenate([after.labels, after.others]).tolist(),
        "nodes": node_probabilities(after.labels[None], bundle.space.membership)[0].tolist(),
        "prediction": values_of(prediction) | {"contradictions": contradicting(case["views"], decoded, bundle)},
        **exported(prediction, case["views"], decoded, bundle),
    }


def contradicting(views: Sequence[Values], decoded: Sequence[Values], bundle: Bundle) -> list[Values]:
    """Which photographs contradict each other, as the scripts give it."""
    counted, _, pairs = weighed(views, decoded, bundle)
    return [
        {
            "views": [counted.index(image) for image in pair.images],
            "families": [{"id": each.id, "name": each.name, "probability": each.probability} for each in pair.families],
        }
        for pair in pairs
    ]


def weighed(
    views: Sequence[Values], decoded: Sequence[Values], bundle: Bundle
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Contradiction, ...]]:
    """Names of the photographs that count and of the others, and which of the first contradict each other."""
    rows = [row[bundle.info.strategy] for row in decoded]
    found = [View(name, view["score"], np.array(row)) for name, view, row in zip(NAMES, views, rows, strict=False)]
    counted, others = by_gem(found, bundle.finder.threshold) if found else ([], [])
    names, left = (tuple(view.image for view in some) for some in (counted, others))
    of_view = np.array([view.probabilities for view in counted]).reshape(len(counted), len(bundle.space))
    return names, left, named_contradictions(names, of_view, bundle.space, bundle.taxonomy)


def exported(prediction: Prediction, views: Sequence[Values], decoded: Sequence[Values], bundle: Bundle) -> Values:
    """The prediction as JSON, and as a row of CSV with the columns that the page has."""
    counted, others, pairs = weighed(views, decoded, bundle)
    named = replace(
        prediction,
        image=counted[0] if counted else "",
        multi_view=MultiView(counted, others, contradictions=pairs) if len(views) > 1 else None,
    )
    table = CsvRows(
        n_families=5,
        n_subclasses=5,
        same_stone=True,
        with_evidence=True,
        with_shortlist=named.shortlist is not None,
        with_caution=not views or bundle.likeness is not None or bundle.info.novel_entropy is not None,
    )
    return {"record": named.to_dict(), "table": table.header + table.entry(named)}


class Said:
    """A network that gives the logits of a case, whatever it sees."""

    def __init__(self, views: Sequence[Values]) -> None:
        self.found = {head: np.array([view["logits"][head] for view in views], np.float32) for head in HEADS}

    def logits(self, _: np.ndarray) -> Logits:
        return Logits(**self.found)


def seen_by_python(case: Values, bundle: Bundle) -> tuple[list[Values], np.ndarray | None, float, bool | None]:
    """What each photograph says in all four ways; of them together what they say, how sure, and whether like."""
    views = case["views"]
    if not views:
        return [], None, 1.0, None
    like = [bundle.like([np.array(view["features"], np.float32)], [view["side"]])[0] for view in views]
    network: Any = Said(views)
    found = replace(bundle, network=network).probabilities(np.empty(0, np.uint8), like).by_strategy
    decoded = [{strategy: rows[place].tolist() for strategy, rows in found.items()} for place in range(len(views))]
    seen = [
        View("", view["score"], row, known)
        for view, row, known in zip(views, found[bundle.info.strategy], like, strict=True)
    ]
    counted, _ = by_gem(seen, bundle.finder.threshold)
    together = pool(np.stack([view.probabilities for view in counted])) if len(seen) > 1 else seen[0].probabilities
    return decoded, together, max(view.score for view in counted), all_like(counted)


def values_of(prediction: Prediction) -> Values:
    """A prediction as the scripts give it."""
    beside = prediction.explanation
    assert beside is not None
    answer = prediction.answer

    def ranked(gems: Sequence[Any]) -> list[Values]:
        return [{"id": gem.id, "name": gem.name, "probability": gem.probability} for gem in gems]

    return {
        "answer": None if answer is None else vars(answer),
        "refused": prediction.refused,
        "families": ranked(prediction.families),
        "subclasses": ranked(prediction.subclasses),
        "shortlist": prediction.shortlist
        and {
            "guarantee": prediction.shortlist.guarantee,
            "entries": [{**ranked([entry])[0], "labels": list(entry.labels)} for entry in prediction.shortlist.entries],
        },
        "explanation": {
            "others": ranked(beside.others),
            "effects": [
                {
                    "key": effect.key,
                    "title": effect.title,
                    "given": effect.given,
                    "fits": list(effect.fits),
                    "fitsNames": list(effect.fits_names),
                    "wrong": effect.wrong,
                    "without": ranked([effect.without])[0],
                }
                for effect in beside.effects
            ],
            "nextTests": [
                {
                    "key": test.key,
                    "title": test.title,
                    "bits": test.bits,
                    "outcomes": [{"value": one.value, "id": one.id, "name": one.gem} for one in test.outcomes],
                }
                for test in beside.next_tests
            ],
            "lookAlikes": [vars(gem) for gem in beside.look_alikes],
        },
        "like": prediction.like,
        "novel": prediction.novel,
        "words": {
            "answer": str(answer) if answer else prediction.refusal,
            "perhaps": "" if answer else replace(prediction, refused="").refusal.removeprefix("Not sure. "),
            "caution": prediction.caution,
            "effects": [str(effect) for effect in beside.effects],
            "contradiction": beside.contradiction,
            "nextTests": [str(test) for test in beside.next_tests],
            "shortlist": prediction.shortlist.sentence if prediction.shortlist else "",
            "entries": [str(entry) for entry in prediction.shortlist.entries] if prediction.shortlist else [],
        },
    }


def by_scripts(folder: Path, **given: Any) -> Values:
    """What the scripts say of cases, numbers and texts, by one process of Node."""
    nothing: Values = {
        "descriptions": {},
        "cases": [],
        "numbers": [],
        "texts": [],
        "patches": [],
        "features": [],
        "distributions": [],
        "credible": [],
        "cautions": [],
    }
    content = json.dumps(nothing | given, allow_nan=False)
    (folder / "cases.json").write_text(content, encoding="utf-8")
    runner = Path(__file__).with_name("compute.js")
    done = subprocess.run(
        [NODE or "node", runner, folder / "cases.json", folder / "results.json"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found: Values = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return found


def differences(python: Any, script: Any, place: str = "") -> Iterator[str]:
    """Every place in which two results differ: numbers by more than the tolerance, all else at all."""
    if isinstance(python, dict) and isinstance(script, dict) and python.keys() == script.keys():
        for key in python:
            yield from differences(python[key], script[key], f"{place}.{key}")
    elif isinstance(python, list) and isinstance(script, list) and len(python) == len(script):
        for number, (one, other) in enumerate(zip(python, script, strict=True)):
            yield from differences(one, other, f"{place}[{number}]")
    elif place.endswith(".table"):
        rows = [list(csv.DictReader(io.StringIO(text, newline=""))) for text in (python, script)]
        yield from differences(*([{key: value_of(cell) for key, cell in row.items()} for row in one] for one in rows))
    elif isinstance(python, float) and isinstance(script, float | int):
        if not abs(python - script) <= TOLERANCE:
            yield f"{place}: Python has {python!r}, the scripts {script!r}"
    elif python != script:
        yield f"{place}: Python has {python!r}, the scripts {script!r}"


def value_of(cell: str) -> float | str:
    """A number in a cell as a number, since Python and JavaScript write it in different ways."""
    try:
        return float(cell)
    except ValueError:
        return cell


def compare(models: Sequence[Any], cases: Sequence[Values], folder: Path, tied: int = 0) -> list[Values]:
    """Compute cases by both; what Python says of them. So many cases may differ."""
    of_name = {model.name: model for model in models}
    python = [by_python(case, of_name[case["description"]]) for case in cases]
    descriptions = {model.name: describe(model.bundle) for model in models}
    scripts = by_scripts(folder, descriptions=descriptions, cases=cases)["cases"]
    found = [
        f"{case['description']}, {case['known']}: {difference}"
        for case, one, other in zip(cases, python, scripts, strict=True)
        if (difference := next(differences(one, other), None))
    ]
    assert len(found) <= tied, "\n".join(found[:10])
    return python


def test_scripts_and_python_say_the_same(models: Sequence[Any], make_cases: Make, tmp_path: Path) -> None:
    results = compare(models, make_cases(CASES_OF_EACH, 1), tmp_path)
    said = [result["prediction"] for result in results if "prediction" in result]
    beside = [prediction["explanation"] for prediction in said]
    # The cases are worth something: all that can be shown is shown by some.
    assert {result["error"].partition(":")[0].partition(" ")[0] for result in results if "error" in result} >= {
        *("refractive", "birefringence", "hardness", "optic", "pleochroism", "fluorescence", "weight", "Two", "The"),
    }
    assert {prediction["answer"]["rank"] for prediction in said if prediction["answer"]} >= {"family", "variety"}
    assert {prediction["refused"][:6] for prediction in said if prediction["refused"]} == {"no gem", "no fam", "none o"}
    assert {test["key"] for shown in beside for test in shown["nextTests"]} == {
        *("ri", "sg", "optic_character", "pleochroism", "fluorescence"),
    }
    assert any(shown["lookAlikes"] for shown in beside)
    assert any(shown["others"] for shown in beside)
    assert any(prediction["words"]["contradiction"] for prediction in said)
    shortlists = [prediction["shortlist"]["entries"] for prediction in said if prediction["shortlist"]]
    assert {min(len(entry["labels"]), 2) for entries in shortlists for entry in entries} == {0, 1, 2}
    assert min(map(len, shortlists)) == 1
    assert any(" and " in prediction["words"]["shortlist"] for prediction in said)
    assert {prediction["like"] for prediction in said} == {True, False, None}
    cautions = {prediction["words"]["caution"].removeprefix(UNLIKE)[:16] for prediction in said}
    others = {": what is asked ", ": what is promis", ", and 40 stones "}
    assert cautions == {"", NOVEL[:16], WITHOUT_IMAGE[:16], *others}
    with_readings = [
        prediction for prediction in said if prediction["like"] is False and prediction["explanation"]["effects"]
    ]
    assert any(prediction["answer"] for prediction in with_readings)
    assert {(prediction["novel"], prediction["like"]) for prediction in said} == {
        *((novel, like) for novel in (True, False) for like in (True, None)),
        *((None, like) for like in (True, False, None)),
    }
    assert not any(prediction["explanation"]["effects"] for prediction in said if prediction["novel"] is not None)


def test_scripts_and_python_say_the_same_of_readings_alone_by_a_model_that_promises_nothing(
    models: Sequence[Any], make_cases: Make, tmp_path: Path
) -> None:
    silent = [
        replace(model, bundle=replace(model.bundle, info=replace(model.bundle.info, sets=None, unlike=None)))
        for model in models
    ]
    shares = itertools.cycle([0.01, 0.5, 0.9, 0.995, None])
    cases = [
        case | {"asked": case["asked"] | {"guarantee": next(shares)}}
        for case in make_cases(CASES_OF_EACH, 4)
        if not case["views"]
    ]
    results = compare(silent, cases, tmp_path)
    said = [result for result in results if "prediction" in result]
    assert {result["prediction"]["words"]["caution"] for result in said} == {WITHOUT_IMAGE}
    assert {result["record"]["decided_by"] for result in said} == {"evidence"}
    shortlists = [result["record"]["shortlist"] for result in said if "shortlist" in result["record"]]
    assert {shortlist["guarantee"] for shortlist in shortlists} == {0.01, 0.5, 0.9, 0.995}
    assert {min(len(node["labels"]), 2) for shortlist in shortlists for node in shortlist["nodes"]} == {0, 1, 2}
    assert len(shortlists) < len(said)  # where none is asked for


def test_credible_sets_hold_the_same_where_probabilities_are_tied(models: Sequence[Any], tmp_path: Path) -> None:
    bundle = next(model.bundle for model in models if model.name == "tiny")
    random = np.random.default_rng(9)
    some = random.choice([0.0, 1.0, 1.0, 2.0, 5.0], size=(60, 7))
    some[:, 0] = 1
    tied = some / some.sum(axis=1, keepdims=True)
    rows = [[0.1 + 0.2, 0.3, 0.4 - 2**-54, 0.0], [1 - 2e-12, 1e-12, 1e-12, 0.0], *np.nextafter(tied, 1).tolist()]
    rows += tied.tolist()
    asked = [{"probabilities": row, "share": share} for row in rows for share in (0.3, 0.5, 0.6, 0.95, 1 - 1e-13)]
    found = by_scripts(tmp_path, descriptions={"tiny": describe(bundle)}, credible=asked)["credible"]
    assert found == [credible_set(one["probabilities"], one["share"]).tolist() for one in asked]
    assert {sum(chosen) for chosen in found} >= {1, 2, 3, 4, 5, 6, 7}


def test_pictures_are_as_far_from_the_prototypes(models: Sequence[Any], tmp_path: Path) -> None:
    bundle = next(model.bundle for model in models if model.name == "tiny")
    random = np.random.default_rng(6)
    features = [*bundle.likeness.prototypes, *random.normal(scale=50, size=(30, 8)), np.zeros(8)]
    rows = np.array(features, np.float32)
    found = by_scripts(tmp_path, descriptions={"tiny": describe(bundle)}, features=rows.tolist())["distances"]
    assert found == pytest.approx(bundle.likeness.distances(rows), abs=1e-12)
    assert min(found) < bundle.likeness.threshold < max(found)
    assert found[-1] == 1  # of zeros


def test_distributions_have_the_same_entropy(tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    flat, sure = np.full(40, 1 / 40), np.eye(40)[0]
    rows = np.array([flat, sure, *random.dirichlet(np.full(40, 0.1), 30), (1 - 1e-320) * sure + 1e-320 * np.eye(40)[1]])
    found = by_scripts(tmp_path, distributions=rows.tolist())["entropies"]
    assert found == pytest.approx(entropies(rows), abs=1e-12)
    assert found[:2] == [pytest.approx(math.log(40)), 0]


def test_a_caution_is_worded_alike(models: Sequence[Any], tmp_path: Path) -> None:
    bundle = next(model.bundle for model in models if model.name == "tiny")
    known = {"none": None} | {f"{stones}": replace(bundle.info.unlike, stones=stones) for stones in (1, 40, 1234)}
    descriptions = {
        name: describe(replace(bundle, info=replace(bundle.info, unlike=one))) for name, one in known.items()
    }
    asked = [
        {"description": name, "precision": precision, "guarantee": guarantee}
        for name in known
        for precision in (0.55, 0.8, 0.85, 0.9999)
        for guarantee in (None, 0.5, 0.9, 0.95, 0.995)
    ]
    found = by_scripts(tmp_path, descriptions=descriptions, cautions=asked)["cautions"]
    assert found == [caution(known[one["description"]], one["precision"], one["guarantee"]) for one in asked]
    assert len(set(found)) > 20


def test_numbers_and_texts_are_written_as_by_python(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    halfway = [0.125, -0.125, 0.375, 2.5, 0.25, 0.75, 1.0625, 0.0009765625, 0.5, 4.4, 1.005, 0.15]
    numbers = [*halfway, 0.0, 5.999, 6.001, *random.normal(scale=3, size=300).tolist(), *random.random(100).tolist()]
    texts = ["ruby", "ruby's", 'ruby "red"', "both ' and \"", "a\\b"]
    found = by_scripts(tmp_path, numbers=numbers, texts=texts)
    assert [one["shown"] for one in found["numbers"]] == [
        [f"{number:.{decimals}f}" for decimals in (1, 2, 3, 6)] for number in numbers
    ]
    assert [one["erf"] for one in found["numbers"]] == pytest.approx([math.erf(one) for one in numbers], abs=1e-14)
    assert found["texts"] == [repr(text) for text in texts]


PATCH_PROBLEMS = {
    "outside": "lies outside",
    "clipped": "is overexposed",
    "dark": "is too dark",
    "coloured": "is too colourful",
}


def painted_patches(random: np.random.Generator) -> Iterator[tuple[np.ndarray, Point]]:
    """Pictures with paper of all brightnesses and colours, and points on it, beside it and outside."""
    for bright in (15, 60, 140, 200, 254):
        for weakest in (0.95, 0.6, 0.25):
            for _ in range(5):
                height, width = random.integers(4, 30, 2)
                image = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
                paper = bright * random.permutation([1, random.uniform(weakest, 1), weakest])
                noise = random.normal(scale=1, size=(height - height // 4, width, 3))
                image[: height - height // 4] = np.clip(paper + noise, 0, 255)
                yield image, Point(int(random.integers(width + 2)), int(random.integers(height + 1)))
    large = random.integers(40, 200, (510, 520, 3), dtype=np.uint8)
    yield large, Point(519, 0)


def test_scripts_and_python_balance_the_white_alike(models: Sequence[Any], tmp_path: Path) -> None:
    patches = list(painted_patches(np.random.default_rng(5)))
    asked = [
        {
            "width": image.shape[1],
            "height": image.shape[0],
            "values": np.dstack([image, np.full(image.shape[:2], 255, np.uint8)]).ravel().tolist(),
            "point": point._asdict(),
        }
        for image, point in patches
    ]
    shipped = next(model for model in models if model.name == "shipped")
    found = by_scripts(tmp_path, descriptions={"shipped": describe(shipped.bundle)}, patches=asked)["patches"]
    problems = set()
    for (image, point), script in zip(patches, found, strict=True):
        if "problem" in script:
            problems.add(script["problem"])
            with pytest.raises(ImageError, match=PATCH_PROBLEMS[script["problem"]]):
                gains_at(image, point, "")
        else:
            gains = gains_at(image, point, "")
            assert script["gains"] == pytest.approx(gains, abs=TOLERANCE)
            values = np.array(script["values"], np.uint8).reshape(*image.shape[:2], 4)[..., :3]
            assert np.array_equal(values, multiplied(image, gains))
    assert problems == set(PATCH_PROBLEMS)
    assert len([script for script in found if "gains" in script]) > 15


@pytest.mark.slow
def test_scripts_and_python_say_the_same_of_many_stones(
    models: Sequence[Any], make_cases: Make, tmp_path: Path
) -> None:
    """A probability that is a rounding away from a limit, or from another one, may fall on the other side of it."""
    compare(models, make_cases(1500, 2), tmp_path, tied=20)


def test_a_difference_is_found() -> None:
    python = {"all": [0.25, 0.75], "id": "beryl", "answer": None}
    assert list(differences(python, {"all": [0.25 + 1e-7, 0.75], "id": "beryl", "answer": None})) == []
    for other in (
        {"all": [0.25 + 1e-5, 0.75], "id": "beryl", "answer": None},
        {"all": [0.25], "id": "beryl", "answer": None},
        {"all": [0.25, None], "id": "beryl", "answer": None},
        {"all": [0.25, 0.75], "id": "Beryl", "answer": None},
        {"all": [0.25, 0.75], "id": "beryl", "answer": {}},
        {"all": [0.25, 0.75], "id": "beryl"},
    ):
        assert list(differences(python, other))
