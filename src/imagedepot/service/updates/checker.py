"""Checks: one question to an upstream each, whose answers outlive a restart."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, DepotError, StorageFailure
from imagedepot.model.digest import Digest
from imagedepot.model.following.updates import UpdateCheck, UpdateKey, UpdateRule, update_key
from imagedepot.model.following.versions import Version, VersionRange, newest
from imagedepot.model.image import ImageType, InstalledImage
from imagedepot.protocols.updates import UpdateRows
from imagedepot.service.happenings import Happenings, update_available
from imagedepot.service.updates.asking import UpstreamQuestions

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A check, and the error of this question; `tags` are those of the repository, where they were asked for."""

    check: UpdateCheck
    error: DepotError | None = None
    tags: Sequence[str] | None = None


class Checker:
    """Asks, remembers, and publishes each newer version once. A failure keeps the last answer, and why it is old."""

    def __init__(
        self,
        rows: UpdateRows,
        questions: UpstreamQuestions,
        happenings: Happenings,
        now: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._questions = questions
        self._happenings = happenings
        self._now = now
        self._lock = threading.Lock()
        self._known: dict[UpdateKey, UpdateCheck] = {check.key: check for check in rows.checks()}

    def reload(self) -> None:
        """Load them again: another node has asked."""
        with self._lock:
            self._known = {check.key: check for check in self._rows.checks()}

    def known(self, key: UpdateKey) -> UpdateCheck | None:
        return self._known.get(key)

    def ask(
        self,
        image: InstalledImage,
        rule: UpdateRule,
        due: datetime,
        cancellation: Cancellation,
        tags: Sequence[str] | None = None,
        sooner: Callable[[DepotError], datetime | None] = lambda _: None,
    ) -> Asked:
        """One question about `image`; the next one is `due`, or after a failure when `sooner` returns a time for it.
        `tags`: those of its repository, if they are known.

        Raises `Cancelled`.
        """
        key, now = update_key(image), self._now()
        before = self._known.get(key) or UpdateCheck(*key, now, due)
        version = ""
        try:
            if rule.versions and image.type is ImageType.DOCKER:
                if tags is None:
                    tags = self._questions.tags(image, cancellation).tags
                version = newer_tag(tags, image.tag, rule.versions) or image.tag
            if version == image.tag:
                upstream = image.digest
            else:
                upstream = self._questions.current(image, cancellation, version)
                if not version and upstream not in (None, image.digest) and self._questions.is_loaded(image):
                    upstream = self._of_loaded(image, upstream, cancellation)
        except Cancelled:
            raise
        except DepotError as error:
            # `digest` is what is here now: an answer of earlier is compared with it, not with what was here then.
            again = sooner(error) or due
            failed = replace(before, tried=now, due=again, digest=image.digest, error=str(error))
            return Asked(self._put(failed), error, tags)
        check = replace(
            before,
            tried=now,
            due=due,
            digest=image.digest,
            upstream=upstream,
            version=version,
            checked=now if upstream is not None or version else None,
            error="" if version else _unknown(image, upstream, self._questions.is_loaded(image)),
        )
        if (upstream, version) != (before.upstream, before.version):
            check = replace(check, size=None, seen=now)
        is_update = check.is_update_of(image)
        if is_update and check.size is None and upstream is not None:
            check = replace(check, size=self._questions.size(image, upstream, cancellation, version))
        self._put(check)
        if is_update and (upstream, version) != (before.upstream, before.version):
            installed, latest = (image.tag, version) if version else (str(image.digest or ""), str(upstream or ""))
            self._happenings.publish(update_available(*key, installed, latest, check.size))
        return Asked(check, None, tags)

    def _of_loaded(self, image: InstalledImage, upstream: Digest, cancellation: Cancellation) -> Digest | None:
        """What counts as the upstream's digest of an image that came with an archive; None where that is not known."""
        is_same = self._questions.is_same(image, upstream, cancellation)
        if is_same is None:
            return None
        return image.digest if is_same else upstream

    def forget(self, keys: Iterable[UpdateKey]) -> None:
        """Forget the checks of images that are no longer here."""
        with self._lock:
            gone = [key for key in keys if self._known.pop(key, None) is not None]
        if gone:
            self._saved(lambda: self._rows.remove_checks(gone))

    def known_keys(self) -> Sequence[UpdateKey]:
        with self._lock:
            return list(self._known)

    def _put(self, check: UpdateCheck) -> UpdateCheck:
        with self._lock:
            self._known[check.key] = check
        self._saved(lambda: self._rows.put_check(check))
        return check

    def _saved(self, save: Callable[[], None]) -> None:
        try:
            save()
        except StorageFailure as error:  # a full disk costs the memory of it over a restart alone
            _log.error("what upstreams said could not be written down: %s", error)


def newer_tag(tags: Sequence[str], tag: str, versions: str) -> str | None:
    """The newest tag in the range that is newer than `tag`; None where there is none."""
    found, mine = newest(tags, tag, VersionRange.parse(versions)), Version.of(tag)
    there = Version.of(found) if found else None
    return found if mine is not None and there is not None and there > mine else None


def _unknown(image: InstalledImage, upstream: Digest | None, is_loaded: bool) -> str:
    """Why it is unknown whether there is something newer; "" where it is known."""
    if upstream is None and is_loaded:
        return (
            f"{image.title} came with an archive, which does not say what it was in its registry: pull it to find out; "
            "only what is not here is fetched"
        )
    if upstream is None and image.digest is not None:
        return f"The catalog does not say which version of {image.title} it has"
    if image.digest is None:
        return f"The digest that {image.title} had upstream is not known"
    return ""
