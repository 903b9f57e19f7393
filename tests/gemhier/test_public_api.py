"""The names that users import from gemhier."""

import importlib.metadata
import re

import pytest

import gemhier

PUBLIC = ["Bundle", "Evidence", "Failure", "Prediction", "Taxonomy", "__version__", "load_bundle", "load_taxonomy"]


def test_the_public_names_are_these() -> None:
    assert sorted(gemhier.__all__) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_can_be_used_and_is_documented(name: str) -> None:
    value = getattr(gemhier, name)
    assert name == "__version__" or value.__doc__


@pytest.mark.parametrize("name", ["Bundle", "Failure", "Prediction", "Taxonomy", "load_bundle", "load_taxonomy"])
def test_a_public_name_is_the_one_of_its_module(name: str) -> None:
    value = getattr(gemhier, name)
    module = importlib.import_module(value.__module__)
    assert getattr(module, name) is value


def test_the_public_names_are_listed_for_completion() -> None:
    assert set(PUBLIC) <= set(dir(gemhier))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'gemhier' has no attribute 'load_bundel'"):
        _ = gemhier.load_bundel


def test_the_version_is_one_that_pip_can_sort() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc)\d+)?", gemhier.__version__)


def test_the_installed_version_is_that_of_the_source() -> None:
    try:
        installed = importlib.metadata.version("gemhier")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("gemhier runs from its folder here, without being installed")
    assert installed == gemhier.__version__
