"""A bundle and a prediction as a notebook shows them."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gemhier.models.bundle import Bundle, load_bundle
from gemhier.models.bundle.predictions import Prediction


@pytest.fixture(scope="module")
def bundle(tiny_bundle: Path) -> Bundle:
    """The tiny bundle, loaded."""
    return load_bundle(tiny_bundle)


def test_a_prediction_is_a_table_of_its_labels(bundle: Bundle) -> None:
    (result,) = bundle.classify([np.full((64, 64, 3), 200, dtype=np.uint8)])
    assert isinstance(result, Prediction)
    shown = result._repr_html_()
    assert "<strong>array 0</strong>" in shown
    assert shown.count("<tr><td") == len(result.subclasses)
    named = replace(result, image="<b>&.jpg")
    assert "<strong>&lt;b&gt;&amp;.jpg</strong>" in named._repr_html_()


def test_a_bundle_says_what_it_names(bundle: Bundle) -> None:
    shown = bundle._repr_html_()
    assert "<strong>tiny-1</strong>: names 6 labels in" in shown
    assert str(bundle.folder) in shown


def test_classifying_does_not_load_the_templates(tiny_bundle: Path) -> None:
    code = f"import sys, gemhier; gemhier.load_bundle({str(tiny_bundle)!r}); assert 'jinja2' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
