"""What is known of a picture that a shop shows, and how it is written down."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from gemhier.errors import DataError

TEXTS = ("title", "price", "origin", "treatment")
"""The texts of a product that every record has, null where the shop shows none."""


@dataclass(frozen=True)
class ImageRecord:
    """One line of images.jsonl: a picture as a shop showed it.

    Attributes:
        site: name of the site file.
        page: address of the product's page.
        image_url: address of the picture.
        product: identifies the product within the shop.
        view: which photograph of the product it is, "1" for the first; "" if the shop does not say.
        labels: every name the shop gave the product, sorted.
        classes: addresses of the categories it stood in, sorted.
        texts: what the page said of it, by name; always includes `TEXTS`.
        fetched_at: when the file came, in UTC, ISO 8601.
        sha256: of the file.
        size: of the file, in bytes.
        file: where it was put, relative to the crawl folder.
        crawl: the number of the crawl that wrote the line.
        gone_at: when the shop was first found no longer to show it; None while it does.
        set_aside: the reason for which the picture was set aside when the line was written; None if it was not.
    """

    site: str
    page: str
    image_url: str
    product: str
    view: str
    labels: tuple[str, ...]
    classes: tuple[str, ...]
    texts: Mapping[str, str | None]
    fetched_at: str
    sha256: str
    size: int
    file: str
    crawl: int
    gone_at: str | None = None
    set_aside: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """The same for all lines about one picture of one product."""
        return self.product, self.image_url

    def to_json(self) -> dict[str, Any]:
        """Return JSON values; the texts stand beside the other fields."""
        entry: dict[str, Any] = {}
        for name in _FIELDS:
            if name == "texts":
                entry |= dict.fromkeys(TEXTS) | dict(self.texts)
            else:
                value = getattr(self, name)
                entry[name] = list(value) if isinstance(value, tuple) else value
        return entry

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> "ImageRecord":
        """Read what `to_json` wrote.

        Raises:
            DataError: if something is missing or of another kind.
        """
        known = {name: entry.get(name) for name in _FIELDS if name != "texts"}
        texts = {name: value for name, value in entry.items() if name not in known}
        for name in ("labels", "classes"):
            values = known[name]
            if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
                raise DataError(f"A line of images.jsonl has no list of texts as `{name}`, but {values!r}.")
            known[name] = tuple(values)
        for name in ("site", "page", "image_url", "product", "view", "fetched_at", "sha256", "file"):
            if not isinstance(known[name], str):
                raise DataError(f"A line of images.jsonl has no text as `{name}`, but {known[name]!r}.")
        for name in ("size", "crawl"):
            if not isinstance(known[name], int):
                raise DataError(f"A line of images.jsonl has no number as `{name}`, but {known[name]!r}.")
        if not isinstance(known["set_aside"], str | None):
            raise DataError(f"A line of images.jsonl has no text or null as `set_aside`, but {known['set_aside']!r}.")
        return cls(texts=texts, **known)  # type: ignore[arg-type]  # checked above


_FIELDS = tuple(field.name for field in fields(ImageRecord))
"""In the order in which they are written."""

OWN_FIELDS = frozenset(_FIELDS) - {"texts"}
"""Names that a site file cannot give to a text."""
