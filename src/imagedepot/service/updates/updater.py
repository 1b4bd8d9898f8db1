"""Brings updates, keeps the versions that a rule keeps, and removes those that it keeps no longer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from imagedepot.cancellation import Cancellation
from imagedepot.content.transfer.progress import Progress
from imagedepot.errors import Conflict, DepotError, ImageNotFound, StorageFailure, StoreUnavailable
from imagedepot.model.download import Download
from imagedepot.model.following.updates import KeptVersion, UpdateAction, UpdateRule
from imagedepot.model.following.versions import Version
from imagedepot.model.image import ImageRequest, ImageType, InstalledImage, titled
from imagedepot.protocols.updates import UpdateRows
from imagedepot.service.downloads.pipeline import DownloadPipeline

_MOMENT = timedelta(seconds=30)
_log = logging.getLogger(__name__)


class LocalImages(Protocol):
    """What is here (`service.images.Images`)."""

    def in_chosen(self, type_: ImageType) -> Sequence[InstalledImage]: ...

    def found(self, type_: ImageType, name: str, tag: str) -> InstalledImage: ...

    def remove(self, type_: ImageType, name: str, tag: str | None) -> None: ...


class Updater:
    """`request_for` returns the download of an image at a tag, "" for its own.

    Only what a rule kept or brought is ever removed, and it becomes a person's own, which stays, as soon as a person
    downloads it."""

    def __init__(
        self,
        images: LocalImages,
        pipeline: DownloadPipeline,
        request_for: Callable[[InstalledImage, str], ImageRequest],
        rows: UpdateRows,
        now: Callable[[], datetime],
    ) -> None:
        self._request_for = request_for
        self._images = images
        self._pipeline = pipeline
        self._rows = rows
        self._now = now
        self._lock = threading.Lock()
        self._brings: set[tuple[str, str]] = set()
        self._versions = list(rows.versions())  # the oldest first

    def reload(self) -> None:
        """Load them again: another node has brought or removed versions."""
        with self._lock:
            self._versions = list(self._rows.versions())

    def request(self, image: InstalledImage, rule: UpdateRule, version: str = "") -> ImageRequest:
        """The download that updates the image, to the tag `version` where that is not "". What its rule keeps is kept
        before. Raises `DepotError`."""
        request = self._request_for(image, version)
        if rule.action is UpdateAction.DOWNLOAD and image.type is ImageType.DOCKER:
            if version:
                self._note(image.name, version, _line(version))
            elif rule.keep:
                self._keep(image)
        return request

    def noticed(self, download: Download) -> None:
        """Called with each download that ended: what a person asked for is no rule's any more."""
        request = download.request
        if request.type is not ImageType.DOCKER:
            return
        with self._lock:
            if (request.name, request.tag) in self._brings:
                self._brings.discard((request.name, request.tag))
                return
            kept = [each for each in self._versions if (each.name, each.label) == (request.name, request.tag)]
        # What another node, or an earlier run, began for a rule was noted in the moment before.
        if kept and not any(timedelta() <= download.created - each.since < _MOMENT for each in kept):
            try:
                self._forget(request.name, request.tag)
            except StorageFailure as error:
                _log.error("%s is removed by no rule until the next start: %s", request.title, error)

    def prune(self, rule_of: Callable[[InstalledImage], UpdateRule]) -> Sequence[str]:
        """Remove the versions beyond those that their rule keeps, unless something uses them; what was removed."""
        if not self._versions:
            return ()
        here = {(each.name, each.tag): each for each in self._images.in_chosen(ImageType.DOCKER)}
        groups: dict[tuple[str, str], list[KeptVersion]] = {}
        for version in list(self._versions):
            groups.setdefault((version.name, version.follows), []).append(version)
        removed: list[str] = []
        for (name, follows), versions in groups.items():
            present = [each for each in versions if (name, each.label) in here]
            governing = here.get((name, follows)) or (here[name, present[-1].label] if present else None)
            rule = rule_of(governing) if governing else None
            if rule is None or rule.action is not UpdateAction.DOWNLOAD:
                continue  # a rule that was changed removes nothing
            by_tag = [each for each in present if ":" not in each.label]  # the newest is the present version itself
            by_tag.sort(key=lambda each: Version.of(each.label) or Version((), (), ("", 0, "")))
            kept = rule.keep + 1 if by_tag else rule.keep
            removed += [
                titled(ImageType.DOCKER, version.name, version.label)
                for version in (by_tag or present)[: -kept or None]
                if self._remove(version)
            ]
        return removed

    def _keep(self, image: InstalledImage) -> None:
        """List the image by its digest as well. All of it is here, so nothing is fetched unless an engine wants it."""
        label, here = str(image.digest or ""), self._images.in_chosen(image.type)
        if not label or any((each.name, each.tag) == (image.name, label) for each in here):
            return
        request = replace(self._request_for(image, ""), tag=label)
        self._pipeline.run(request, Progress(), Cancellation())
        self._put(KeptVersion(image.name, label, image.tag, self._now()))
        _log.info("kept %s, which %s names no longer", request.title, image.title)

    def _note(self, name: str, label: str, line: str) -> None:
        if any((each.name, each.tag) == (name, label) for each in self._images.in_chosen(ImageType.DOCKER)):
            return
        with self._lock:
            self._brings.add((name, label))
        self._put(KeptVersion(name, label, line, self._now()))

    def _put(self, version: KeptVersion) -> None:
        self._forget(version.name, version.label)
        self._rows.put_version(version)
        with self._lock:
            self._versions.append(version)

    def _forget(self, name: str, label: str) -> None:
        with self._lock:
            self._versions = [each for each in self._versions if (each.name, each.label) != (name, label)]
        self._rows.remove_version(name, label)

    def _remove(self, version: KeptVersion) -> bool:
        title = titled(ImageType.DOCKER, version.name, version.label)
        try:
            self._images.remove(ImageType.DOCKER, version.name, version.label)
        except Conflict as error:
            _log.info("%s stays for now: %s", title, error)
            return False
        except StoreUnavailable:
            return False
        except ImageNotFound:
            pass
        except DepotError as error:
            _log.warning("%s could not be removed: %s", title, error)
            return False
        with suppress(DepotError):
            self._forget(version.name, version.label)
        _log.info("removed %s, a version before", title)
        return True


def _line(tag: str) -> str:
    """The key that successive versions have in common; never a valid tag."""
    version = Version.of(tag)
    before, numbers, after = version.shape if version else ("", 0, tag)
    return f"{before}{'.'.join('#' * numbers)}{after}"
