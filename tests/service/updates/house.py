"""Updates over a scripted depot, on the database's rows, with a clock and dice of the test's own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from imagedepot.cancellation import Cancellation
from imagedepot.database.connection import Database
from imagedepot.database.rows.updates import UpdateRows
from imagedepot.errors import ImageNotFound
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.digest import Digest
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.model.following.updates import UpdateCheck
from imagedepot.model.image import ImageRequest, ImageType, InstalledImage, titled
from imagedepot.model.limits import Limits
from imagedepot.model.names.reference import Reference, TagList
from imagedepot.model.notices.happening import Happening
from imagedepot.model.platform import Platform
from imagedepot.service.happenings import Happenings
from imagedepot.service.updates.asking import UpstreamQuestions
from imagedepot.service.updates.checker import Checker
from imagedepot.service.updates.plan import ImageUpdate
from imagedepot.service.updates.rules import Rules
from imagedepot.service.updates.schedule import Schedule
from imagedepot.service.updates.updater import Updater
from imagedepot.service.updates.updates import Updates
from tests.service.kit import AMD64, Kit, ScriptedDepot, layer, request

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class LocalImages:
    """What is in the kit's store, or `images` in its place."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.images: Sequence[InstalledImage] | None = None
        self.none: Sequence[InstalledImage] = ()
        self._aged: tuple[object, Sequence[InstalledImage]] = (None, ())

    def in_chosen(self, type_: ImageType) -> Sequence[InstalledImage]:
        if type_ is ImageType.LXC:
            return self.none
        return self._of_old() if self.images is None else self.images

    def _of_old(self) -> Sequence[InstalledImage]:
        """The kit's images as if they had been here for long: their times are of another clock."""
        images = self.kit.store.images()
        if self._aged[0] is not images:
            self._aged = (images, [replace(each, installed_at=NOON - 30 * DAY) for each in images])
        return self._aged[1]

    def found(self, type_: ImageType, name: str, tag: str) -> InstalledImage:
        for image in self.in_chosen(type_):
            if (image.name, image.tag) == (name, tag):
                return image
        raise ImageNotFound(titled(type_, name, tag))

    def remove(self, type_: ImageType, name: str, tag: str | None) -> None:
        self.kit.store.remove(name, tag)


class Dice:
    """Numbers that are spread evenly, the same in each run."""

    def __init__(self) -> None:
        self.last = 0.5

    def __call__(self) -> float:
        self.last = (self.last + 0.618034) % 1
        return self.last


class Rows(UpdateRows):
    """`in_memory`: checks are not written down, which takes most of the time with thousands of them."""

    in_memory = False

    def put_check(self, check: UpdateCheck) -> None:
        if not self.in_memory:
            super().put_check(check)


class UpdatesHouse:
    def __init__(self, folder: Path, depot: ScriptedDepot | None = None) -> None:
        self.kit = Kit(folder, depot)
        self.folder = folder
        self.here = LocalImages(self.kit)
        self.now = NOON
        self.limits = Limits()
        self.offered: dict[str, Sequence[str]] = {}
        self.lists: list[str] = []
        self.sizes: list[str] = []
        self.started: list[ImageRequest] = []
        self.stack = ExitStack()
        self.heard: list[Happening] = []
        self.database = Database(folder / "imagedepot.db")
        self.open()

    def open(self) -> None:
        """Also again, as after a restart."""
        self.rows = Rows(self.database)
        self.happenings = Happenings()
        self.stack.enter_context(self.happenings.subscribed(self.heard.append))
        questions = UpstreamQuestions(
            {DOCKERHUB: self.kit.depot}, self._tags, self._size, self.kit.blobs, lambda: AMD64
        )
        self.checker = Checker(self.rows, questions, self.happenings, lambda: self.now)
        self.rules = Rules(self.rows)
        self.schedule = Schedule(lambda: self.now, Dice(), lambda: self.limits)
        self.updater = Updater(self.here, self.kit.pipeline, questions.request, self.rows, lambda: self.now)
        self.updates = Updates(
            self.here, self.checker, self.rules, self.schedule, self.updater, self._start, lambda: self.now
        )

    def close(self) -> None:
        self.updates.close()
        self.database.close()

    def image(self, name: str = "lab/app:1", seed: int = 1) -> None:
        """An image at the depot, or a newer one."""
        self.kit.depot.add(name, layer(1000, seed))

    def bring(self, name: str = "lab/app:1", seed: int = 1) -> None:
        """An image that is here."""
        self.image(name, seed)
        repository, _, tag = name.partition(":")
        self.kit.pull(request(repository, tag))
        self.kit.depot.asked.clear()

    def pass_(self, time: timedelta, steps: int = 10_000) -> None:
        """Let time pass, and do all that becomes due."""
        end = self.now + time
        for _ in range(steps):
            seconds = self.updates.step()
            if not seconds > 0:
                continue
            if self.now + timedelta(seconds=seconds) > end:
                break
            self.now += timedelta(seconds=seconds)
        self.now = end

    def known(self, name: str = "lab/app", tag: str = "1") -> ImageUpdate:
        return next(each for each in self.updates.all().updates if (each.image.name, each.image.tag) == (name, tag))

    def ask(self, name: str = "lab/app", tag: str = "1") -> ImageUpdate:
        return self.updates.of(ImageType.DOCKER, name, tag, Cancellation())

    def check(self) -> None:
        """As a person does: ask about everything now."""
        self.updates.check()
        while self.updates.all().waiting:
            self.updates.step()

    def _tags(self, reference: Reference, cancellation: Cancellation) -> TagList:
        self.lists.append(reference.familiar_name)
        return TagList(list(self.offered[reference.familiar_name]))

    def _size(self, reference: Reference, platform: Platform, cancellation: Cancellation) -> int | None:
        self.sizes.append(reference.familiar)
        return 4321

    def _start(self, wanted: ImageRequest) -> Download:
        """A download that ends at once."""
        self.started.append(wanted)
        self.kit.pull(wanted)
        download = Download(str(len(self.started)), wanted, DownloadStatus.DONE, self.now, self.now)
        self.updater.noticed(download)
        return download


def far_image(number: int, host: str = "") -> InstalledImage:
    """One of many, as a store lists it, that has been here for long."""
    name = f"{host}lab/app{number}"
    digest = Digest.of(name.encode())
    return InstalledImage(ImageType.DOCKER, name, "1", 1000, digest, platform=AMD64, installed_at=NOON - 30 * DAY)
