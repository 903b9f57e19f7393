"""The third stage: the pictures of the products, each once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gemhier.crawler.scraping.request import (
    CHANGED,
    EXPECTED,
    IMAGE,
    NEW,
    NO_LONGER_SHOWN,
    REJECTED,
    CrawlStats,
    Problem,
    StageRequest,
    StageResponse,
)
from gemhier.crawler.sites.items import ProductContent
from gemhier.crawler.sites.site import Site
from gemhier.crawler.stages.catalogue import Listed
from gemhier.crawler.stages.missing import mostly_missing
from gemhier.crawler.storage.fetch_log import FAILED, GONE, NO_VALIDATORS, UNCHANGED, UNUSABLE, FetchLog
from gemhier.crawler.storage.folder import ImageContent, ImageStore, is_rejected, now
from gemhier.crawler.storage.history import History
from gemhier.crawler.storage.image_file import NotAnImageError, image_suffix
from gemhier.crawler.storage.records import ImageRecord


@dataclass(frozen=True, slots=True)
class _Shown:
    """A product that shows a picture, and which view of it that is."""

    listed: Listed
    view: str


class ImageStage:
    """Fetches every picture that a product shows, and records all that is known of it.

    Args:
        site: how pages are read.
        chosen: the products.
        products: what their pages say.
        images: what is known of the pictures.
        store: where their files are put.
        history: where they are recorded.
        stats: what is counted.
        notes_gone: whether to record what is no longer shown: only if all of the shop was read.
    """

    name = "pictures"

    def __init__(
        self,
        site: Site,
        chosen: Sequence[Listed],
        products: FetchLog[ProductContent],
        images: FetchLog[ImageContent],
        store: ImageStore,
        history: History,
        stats: CrawlStats,
        *,
        notes_gone: bool = False,
    ) -> None:
        self._site = site
        self._products = products
        self._images = images
        self._store = store
        self._history = history
        self._stats = stats
        self._notes_gone = notes_gone
        self._shown: dict[str, list[_Shown]] = {}
        for listed in chosen:
            content = products.content(listed.key)
            for link in content.images if content else ():
                self._shown.setdefault(link.image_url, []).append(_Shown(listed, link.view))

    def begin(self) -> Iterator[StageRequest]:
        """Yield requests for the pictures not yet fetched in this crawl."""
        self._stats.add(self.name, EXPECTED, len(self._shown))
        for address in self._shown:
            visit = self._images.get(address)
            here = visit is not None and visit.content is not None and self._store.has(visit.content)
            if self._images.is_settled(address) and (here or self._images.content(address) is None):
                self._stats.add(self.name, "kept")
                self._write_down(address)
            else:
                yield StageRequest(address, IMAGE, self._images.validators(address, 0) if here else NO_VALIDATORS)

    def answered(self, ask: StageRequest, answer: StageResponse) -> tuple[StageRequest, ...]:
        """Keep a picture."""
        before = self._images.content(ask.address)
        if answer.status == 304 and before is not None:
            self._images.add_unchanged(ask.address)
            self._stats.add(self.name, UNCHANGED)
            self._write_down(ask.address)
        elif answer.is_gone:
            self.not_answered(ask, GONE, "the shop has it no more")
        elif answer.status != 200:
            self.not_answered(ask, FAILED, f"status {answer.status}")
        else:
            self._keep(ask, answer, before)
        return ()

    def not_answered(self, ask: StageRequest, outcome: str, reason: str) -> None:
        """Note a picture that could not be fetched."""
        self._images.add_without_content(ask.address, outcome, reason)
        self._stats.add(self.name, outcome)
        if outcome == FAILED:
            self._stats.problems.append(Problem(ask.address, "", reason))

    def finish(self) -> None:
        """Record which pictures the shop no longer shows, and say so if most did not come."""
        wanted = dict(zip(self._shown, self._shown, strict=True))
        self._stats.problems.extend(mostly_missing(self._images, wanted, self.name))
        if self._notes_gone:
            shown = {
                (one.listed.key, address)
                for address, several in self._shown.items()
                if (visit := self._images.get(address)) is None or visit.outcome != GONE
                for one in several
            }
            gone = self._history.note_gone(shown, self._images.crawl, now())
            self._stats.add(self.name, NO_LONGER_SHOWN, gone)

    def _keep(self, ask: StageRequest, answer: StageResponse, before: ImageContent | None) -> None:
        try:
            suffix = image_suffix(answer.body)
        except NotAnImageError as error:
            self.not_answered(ask, UNUSABLE, str(error))
            return
        reason = self._site.rejection(ask.address)
        name = ask.address.rpartition("/")[2]
        content = self._store.add(answer.body, suffix, (reason, f"its file is called {name}") if reason else None)
        if before is not None and before.sha256 == content.sha256:
            content = before
        self._images.add_read(ask.address, content, answer.validators)
        outcome = NEW if before is None else UNCHANGED if before is content else CHANGED
        self._stats.add(self.name, outcome)
        if reason and is_rejected(self._store.folder, content.file):
            self._stats.add(REJECTED, reason)
        self._write_down(ask.address)

    def _write_down(self, address: str) -> None:
        """Record a picture for each product that shows it, if anything is new."""
        image = self._images.content(address)
        if image is None:
            return
        for shown in self._shown[address]:
            product = self._products.content(shown.listed.key)
            if product is None:
                continue
            record = ImageRecord(
                site=self._site.name,
                page=product.page,
                image_url=address,
                product=shown.listed.key,
                view=shown.view,
                labels=tuple(sorted(shown.listed.labels | set(product.labels))),
                classes=tuple(sorted(shown.listed.classes)),
                texts=product.texts,
                fetched_at=image.fetched_at,
                sha256=image.sha256,
                size=image.size,
                file=image.file,
                crawl=self._images.crawl,
                set_aside=self._store.set_aside_as(image.file),
            )
            self._history.add(record)
