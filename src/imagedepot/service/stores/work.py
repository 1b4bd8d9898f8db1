"""What happens to the images of a store that takes no new ones any more: they move to the chosen one, or are removed.

An image is removed from its store only when the chosen one has it, whole. What is to be done is written down before it
begins, and each step finds out anew what is left of it: the process may be killed anywhere, and the next one goes on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, Conflict, DepotError, ImageNotFound, NotFound, StoreUnavailable
from imagedepot.model.depot import LOCAL
from imagedepot.model.image import ImageRequest, ImageType, InstalledImage
from imagedepot.protocols import Store
from imagedepot.service.stores.in_use import StoresInUse, place_of
from imagedepot.service.stores.memory import StoreMemory, Work

_AGAIN_SECONDS = 5.0
_log = logging.getLogger(__name__)

Bring = Callable[[ImageRequest, Cancellation], str]
"""Downloads an image into the chosen store, and returns at its end: "" when it is there, else the reason why not."""


@dataclass(frozen=True, slots=True)
class WorkState:
    """Work at one moment. `total`: images, `done` of them; `failures`: each that stays where it is, and why.
    `waits_for`: why nothing goes on at the moment."""

    type: ImageType
    work: Work
    place: str
    total: int = 0
    done: int = 0
    current: str = ""
    failures: tuple[tuple[str, str], ...] = ()
    waits_for: str = ""
    ended: bool = False


class StoreWork:
    """`let_go` takes an image off a store whose content the chosen one has now; `leave` lists a store no longer;
    `drop` cancels what is on its way from a place, when work is stopped. Call `go_on` once, `close` at the end."""

    def __init__(
        self,
        stores: StoresInUse,
        memory: StoreMemory,
        bring: Bring,
        let_go: Callable[[Store, InstalledImage], None],
        leave: Callable[[Store], None],
        drop: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._stores = stores
        self._memory = memory
        self._bring = bring
        self._let_go = let_go
        self._leave = leave
        self._drop = drop
        self._lock = threading.Lock()
        self._states: dict[ImageType, WorkState] = {}
        self._running: dict[ImageType, tuple[threading.Thread, Cancellation]] = {}

    def states(self) -> Sequence[WorkState]:
        """What is being done, and how the last of each type has ended."""
        return [self._states[type_] for type_ in ImageType if type_ in self._states]

    def begin(self, store: Store, work: Work) -> WorkState:
        """Raises `Conflict` while other work on images of this type is under way, `StorageFailure`."""
        type_, place = store.type, place_of(store)
        with self._lock:
            self._check(type_)
            if store is self._stores.chosen(type_):
                raise Conflict(f"New {type_} images go to {self._stores.name_of(store)}: choose another store first")
            self._memory.begin(type_, work, place)
            return self._start(type_, work, place)

    def intend(self, store: Store, work: Work) -> None:
        """Write down what `begin` will do, before another store is chosen: a process that is killed in between would
        leave images where nobody asked for them. Raises as `check`, and `StorageFailure`."""
        with self._lock:
            self._check(store.type)
            self._memory.begin(store.type, work, place_of(store))

    def forget(self, type_: ImageType) -> None:
        """What was intended is not done. Raises `StorageFailure`."""
        self._memory.end(type_)

    def check(self, type_: ImageType) -> None:
        """Raises `Conflict` while images of this type are being moved or removed."""
        with self._lock:
            self._check(type_)

    def stop(self, type_: ImageType) -> None:
        """What has been moved or removed stays so. Raises `NotFound`, `StorageFailure`."""
        with self._lock:
            running = self._running.get(type_)
            if running is None:
                raise NotFound(f"No {type_} images are being moved or removed")
            self._memory.end(type_)
            running[1].cancel()
            self._drop(self._states[type_].place)
        running[0].join()

    def go_on(self) -> None:
        """Continue what an earlier run left."""
        for type_ in ImageType:
            remembered = self._memory.of(type_)
            if remembered.work is None:
                continue
            if remembered.work_at == place_of(self._stores.chosen(type_)):
                self._memory.end(type_)  # intended for a choice that was not made
            else:
                with self._lock:
                    self._start(type_, remembered.work, remembered.work_at)

    def close(self) -> None:
        with self._lock:
            running = list(self._running.values())
        for thread, cancellation in running:
            cancellation.cancel()
            thread.join(2.0)

    def _check(self, type_: ImageType) -> None:
        state = self._states.get(type_)
        if state is not None and not state.ended:
            verb = "moved" if state.work is Work.MOVE else "removed"
            raise Conflict(f"{type_} images are being {verb}: wait for the end, or stop it")

    def _start(self, type_: ImageType, work: Work, place: str) -> WorkState:
        cancellation = Cancellation()
        thread = threading.Thread(
            target=self._run, args=(type_, cancellation), name=f"stores-{work}-{type_}", daemon=True
        )
        state = self._states[type_] = WorkState(type_, work, place)
        self._running[type_] = thread, cancellation
        thread.start()
        return state

    def _run(self, type_: ImageType, cancellation: Cancellation) -> None:
        state = self._states[type_]
        try:
            store = self._stores.named(type_, state.place)
            self._each(store, cancellation)
            if not cancellation.cancelled:
                self._memory.end(type_)
                if not self._left(store):
                    self._leave(store)
        except (Cancelled, StoreUnavailable):
            pass
        except NotFound:  # the engine is not listed any more
            self._memory.end(type_)
        except Exception as error:  # noqa: BLE001 - a thread that dies silently would leave the work as under way
            _log.exception("the %s images at %s: work on them broke", type_, state.place)
            self._put(type_, failures=(*self._states[type_].failures, (state.place, str(error))))
        finally:
            self._put(type_, ended=True, current="", waits_for="")
            with self._lock:
                self._running.pop(type_, None)

    def _each(self, store: Store, cancellation: Cancellation) -> None:
        type_, work = store.type, self._states[store.type].work
        failed: dict[tuple[str, str], str] = {}
        while True:
            cancellation.check()
            try:
                left = [each for each in self._left(store) if (each.name, each.tag) not in failed]
                if not left:
                    return
                image, state = left[0], self._states[type_]
                total = state.done + len(failed) + len(left)
                self._put(type_, total=total, current=image.title, waits_for="")
                reason = self._move(store, image, cancellation) if work is Work.MOVE else self._remove(store, image)
            except StoreUnavailable as error:
                self._put(type_, waits_for=str(error))
                cancellation.wait(_AGAIN_SECONDS)
                continue
            cancellation.check()
            if reason:
                failed[image.name, image.tag] = reason
                _log.warning("%s stays in %s: %s", image.title, self._stores.name_of(store), reason)
                self._put(type_, failures=(*self._states[type_].failures, (image.title, reason)))
            else:
                self._put(type_, done=self._states[type_].done + 1)

    def _left(self, store: Store) -> Sequence[InstalledImage]:
        """What clients pushed here stays: no other store serves it. Raises `StoreUnavailable`."""
        return [each for each in self._stores.images_of(store) if not each.is_pushed]

    def _move(self, store: Store, image: InstalledImage, cancellation: Cancellation) -> str:
        """ "" when it has moved, else why it stays. Raises `StoreUnavailable`."""
        there = self._there(image)
        if there is None:
            reason = self._bring(_request(image, place_of(store)), cancellation)
            if reason:
                return reason
            there = self._there(image)
        if there is None:
            return f"{image.title} was removed again"
        if not _same(image, there):
            return f"{image.title} is in {self._stores.name_of(self._stores.chosen(image.type))} with other content"
        return self._gone(lambda: self._let_go(store, image))

    def _remove(self, store: Store, image: InstalledImage) -> str:
        return self._gone(lambda: store.remove(image.name, image.tag))

    def _gone(self, remove: Callable[[], None]) -> str:
        try:
            remove()
        except ImageNotFound:
            return ""
        except StoreUnavailable:
            raise
        except DepotError as error:
            return str(error)
        return ""

    def _there(self, image: InstalledImage) -> InstalledImage | None:
        named = (image.name, image.tag)
        chosen = self._stores.chosen(image.type).images()
        return next((each for each in chosen if (each.name, each.tag) == named), None)

    def _put(self, type_: ImageType, **changes: object) -> None:
        self._states[type_] = replace(self._states[type_], **changes)  # type: ignore[arg-type]


def _request(image: InstalledImage, place: str) -> ImageRequest:
    depot = image.depot or LOCAL
    return ImageRequest(depot, image.type, image.name, image.tag, None, image.remark, place)


def _same(one: InstalledImage, other: InstalledImage) -> bool:
    """By what both stores know of it: an engine may have ids and digests of its own."""
    if one.id == other.id or (one.digest is not None and one.digest == other.digest):
        return True
    is_lxc = one.type is ImageType.LXC  # a daemon's fingerprint is that of the files as it took them
    return is_lxc and one.created is not None and (one.created, one.platform) == (other.created, other.platform)
