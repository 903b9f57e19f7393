"""Gem names as people write them, made comparable."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import difflib

_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u00b4`\u2032]")
_CAMEL_CASE = re.compile("(?<=[a-z])(?=[A-Z])")
_NO_WORD = re.compile("[^a-z0-9]+")
_SIBILANT_PLURALS = ("sses", "shes", "ches", "xes", "zes")
_ENOUGH_ALIKE = 0.6


@lru_cache(maxsize=4096)  # checking a taxonomy asks twice for each name
def name_key(name: str) -> str:
    """Fold away what does not tell two gem names apart.

    Case, accents, punctuation, apostrophes, hyphens, underscores, "&" and "and" are dropped, and
    plurals become singular, word by word: "Tigers Eye", "tiger's-eye" and "TigerEye" are one name.
    Words keep their order. Folding a key again gives the same key.

    Returns:
        Lower-case words joined by single spaces; "" if the name has neither letters nor digits.
    """
    text = unicodedata.normalize("NFKD", name)
    text = _CAMEL_CASE.sub(" ", _APOSTROPHES.sub("", text))
    text = unicodedata.normalize("NFKD", text.casefold())
    words = (_singular(word) for word in _only_words(text).split())
    return " ".join(word for word in words if word != "and")


def _only_words(text: str) -> str:
    """Return a folded text with blanks for all that is no letter or digit, and without accents."""
    if text.isascii():  # ten times as quick, for all but a few names
        return _NO_WORD.sub(" ", text)
    kept = (letter if _is_word_letter(letter) else " " for letter in text if not unicodedata.combining(letter))
    return "".join(kept)


def nearest_names(name: str, known: Iterable[str], n: int = 3) -> tuple[str, ...]:
    """Return the known names that `name` was most likely meant to be, best first.

    Names are compared by their keys: by the letters in order, which catches typing errors, and
    by the words they share, which catches another order or a word too many.

    Args:
        name: what came.
        known: names to choose from, as they are shown to people.
        n: how many to give at most.

    Returns:
        Up to `n` names, none twice; empty if nothing is at all alike.
    """
    import difflib  # not needed where every name is known

    key = name_key(name)
    best: dict[str, tuple[float, str]] = {}
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(key)
    for candidate in known:
        candidate_key = name_key(candidate)
        score = max(_letters_alike(matcher, candidate_key), _words_alike(key, candidate_key))
        if score >= _ENOUGH_ALIKE and score > best.get(candidate_key, (0.0, ""))[0]:
            best[candidate_key] = (score, candidate)
    ranked = sorted(best.values(), key=lambda scored: (-scored[0], scored[1]))
    return tuple(candidate for _, candidate in ranked[:n])


def _is_word_letter(letter: str) -> bool:
    """Letters, digits, and the vowel signs without which Indian scripts fall to pieces."""
    return unicodedata.category(letter)[0] in "LNM"


def _singular(word: str) -> str:
    """Fold an English plural; leave Iris, Lapis, Glass and Citrus alone."""
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "is", "us")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(_SIBILANT_PLURALS):
        return word[:-2]
    return word[:-1]


def _letters_alike(matcher: "difflib.SequenceMatcher[str]", candidate_key: str) -> float:
    """Return the share of letters in common, in order; 0 as soon as it cannot be enough."""
    matcher.set_seq1(candidate_key)
    if matcher.real_quick_ratio() < _ENOUGH_ALIKE or matcher.quick_ratio() < _ENOUGH_ALIKE:
        return 0.0
    return matcher.ratio()


def _words_alike(first: str, second: str) -> float:
    """How many words are shared, from 0.4 for hardly any to 0.95 for all of them in another order; 0 for none."""
    first_words, second_words = set(first.split()), set(second.split())
    shared = len(first_words & second_words)
    return 0.4 + 0.55 * 2 * shared / (len(first_words) + len(second_words)) if shared else 0.0
