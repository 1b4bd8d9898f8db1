"""Updates of everything that is here: what is known of each image, and the thread that asks."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Cancelled, DepotError, StoreUnavailable
from imagedepot.model.download import Download
from imagedepot.model.following.updates import UpdateAction, UpdateCheck, UpdateKey, UpdateRule, is_followed, update_key
from imagedepot.model.image import ImageRequest, ImageType, InstalledImage
from imagedepot.service.updates.checker import Checker
from imagedepot.service.updates.plan import ImageUpdate, Local, Outcome, Plan, answers, planned
from imagedepot.service.updates.rules import Rules, best, checked
from imagedepot.service.updates.schedule import Schedule, keyed
from imagedepot.service.updates.updater import LocalImages, Updater

_AT_ONCE = 4
_ASK_SECONDS = 30.0
_FRESH = timedelta(minutes=10)  # an answer of so long ago is not asked for again by a person
_FRESH_FAILURE = timedelta(seconds=30)
_SOON = timedelta(seconds=1)
_ROUND = timedelta(minutes=1)
_LONGEST_SLEEP = 60.0
_OTHERS_SLEEP = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AllUpdates:
    """`checked`: the oldest answer among the images that have one; `waiting`: images that are about to be asked for."""

    updates: Sequence[ImageUpdate]
    checked: datetime | None
    waiting: int


class Updates:
    """Call `start` once, and `close` at the end. `step` is one round of the thread, which tests call themselves."""

    def __init__(
        self,
        images: LocalImages,
        checker: Checker,
        rules: Rules,
        schedule: Schedule,
        updater: Updater,
        start: Callable[[ImageRequest], Download],
        now: Callable[[], datetime],
        local: Local = datetime.astimezone,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        """`start` begins a download; windows are in the time zone of `local`. Where nodes share the rows, the one that
        `leads` carries out rules and asks what is due; the others ask what a person wants of them."""
        self._leads = leads
        self.rules = rules
        self._updater = updater
        self.noticed = updater.noticed
        self._begin = start
        self._images = images
        self._checker = checker
        self._schedule = schedule
        self._now = now
        self._local = local
        self._next_round = now()
        self._tried: dict[UpdateKey, tuple[object, datetime]] = {}
        self._lock = threading.Lock()
        self._wanted: dict[UpdateKey, None] = {}  # asked for by a person, in order of asking
        self._asking: Collection[UpdateKey] = ()
        self._wake = threading.Event()
        self._cancellation = Cancellation()
        self._workers = ThreadPoolExecutor(_AT_ONCE, "updates")
        self._thread = threading.Thread(target=self._run, name="updates", daemon=True)
        self._followed: tuple[object, ...] = ()
        self._is_complete = False
        self._here: Mapping[UpdateKey, InstalledImage] = {}
        self._by_name: dict[tuple[ImageType, str], list[UpdateKey]] = {}

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._cancellation.cancel()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(2.0)
        self._workers.shutdown(wait=False, cancel_futures=True)

    def reload(self, topic: str) -> None:
        """Load again what another node has changed: `update_rules`, `update_checks`, `update_versions`."""
        if topic == "update_checks":
            self._checker.reload()
        elif topic == "update_versions":
            self._updater.reload()
        else:
            self.rules.reload()
            self._wake.set()

    def all(self) -> AllUpdates:
        """Every image of the stores that answer; no upstream is asked."""
        here = keyed(image for images in self._snapshots() for image in images)
        found = [self._known(image, here) for image in here.values()]
        times = [each.check.checked for each in found if each.check and each.check.checked]
        with self._lock:
            waiting = {*self._wanted, *self._asking}
        return AllUpdates(found, min(times, default=None), len(waiting))

    def check(self, keys: Collection[UpdateKey] | None = None) -> int:
        """Ask about these images soon, else about all that no rule leaves out; how many are asked about.

        Those whose answer is fresh are not asked about again.
        """
        here = keyed(image for images in self._snapshots() for image in images)
        wanted = [
            key
            for key, image in here.items()
            if (self.rules.of(image).action is not UpdateAction.OFF if keys is None else key in keys)
            and is_followed(image)
            and not self._is_fresh(image, self._checker.known(key))
        ]
        with self._lock:
            self._wanted.update(dict.fromkeys(wanted))
        self._wake.set()
        return len(wanted)

    def of(self, type_: ImageType, name: str, tag: str, cancellation: Cancellation) -> ImageUpdate:
        """The update of one image, by one request unless the last answer is fresh. Raises `ImageNotFound`."""
        from imagedepot.remote.http.backoff import backing_off  # late: a list of what is here needs no client

        image = self._images.found(type_, name, tag)
        if is_followed(image) and not self._is_fresh(image, self._checker.known(update_key(image))):
            rule = self.rules.of(image)

            def ask() -> None:
                due = self._schedule.after(rule, image)
                asked = self._checker.ask(image, rule, due, cancellation)
                if asked.error is not None:
                    raise asked.error

            try:
                backing_off(ask, cancellation)
            except Cancelled:
                raise
            except DepotError:
                pass  # the check has it
        return self._known(image, keyed([image]))

    def update(self, keys: Collection[UpdateKey] | None = None) -> Sequence[Download]:
        """Download these images, else all that are known to have an update. Raises `DepotError` of the first that
        cannot begin."""
        return [self._begin(request) for request in self.requests(keys)]

    def requests(self, keys: Collection[UpdateKey] | None = None) -> Iterator[ImageRequest]:
        """The downloads that `update` begins; what rules keep is kept before each."""
        brought: set[tuple[ImageType, str, str]] = set()
        for known in self.all().updates:
            key = update_key(known.image)
            what = known.image.type, known.image.name, known.version or known.image.tag
            if what in brought:
                continue
            if known.update if keys is None else key in keys and is_followed(known.image):
                brought.add(what)
                yield self._updater.request(known.image, known.rule, known.version)

    def put_rule(self, rule: UpdateRule) -> UpdateRule:
        """Add or replace; what has to be asked for the new rule is asked soon. Raises `InvalidInput`."""
        rule = self.rules.put(rule)
        here = keyed(image for images in self._snapshots() for image in images)
        mine = {key: image for key, image in here.items() if self.rules.of(image) == rule}
        self.check([key for key, image in mine.items() if self._is_open(image, rule)])
        return rule

    def _is_open(self, image: InstalledImage, rule: UpdateRule) -> bool:
        """Whether what the rule asks has not been asked yet; a digest has its time."""
        check = self._checker.known(update_key(image))
        return bool(rule.versions) if check is None else not answers(check, rule, image)

    def remove_rule(self, pattern: str) -> None:
        """Raises `NotFound`."""
        self.rules.remove(pattern)

    def preview(self, rule: UpdateRule | None = None) -> Sequence[Plan]:
        """What would happen to each image now; `rule`: if that were a rule as well. Raises `InvalidInput`."""
        found = self.all().updates
        if rule is not None:
            rules = {**{each.pattern: each for each in self.rules.all()}, rule.pattern: checked(rule)}
            here = keyed(each.image for each in found)
            found = [self._known(each.image, here, best(rules.values(), each.image)) for each in found]
        now = self._now()
        return [planned(each, now, self._local) for each in found]

    def step(self) -> float:
        """Carry out the rules, and ask as `ask`; the seconds until there is something to do."""
        self._follow()
        if not self._leads():
            return 0.0 if self._ask_some(is_due=False) else _OTHERS_SLEEP
        self._forget_gone()
        self._act()
        if self._ask_some():
            self._next_round = self._now()
            return 0.0
        later = self._schedule.next
        seconds = _LONGEST_SLEEP if later is None else (later - self._now()).total_seconds()
        return min(seconds, _ROUND.total_seconds()) if self.rules.download else seconds

    def ask(self) -> bool:
        """Ask what is due or wanted, a few at once, and carry out no rule; whether there was anything to ask."""
        self._follow()
        self._forget_gone()
        return self._ask_some()

    def _ask_some(self, is_due: bool = True) -> bool:
        taken = self._take(is_due)
        if not taken:
            return False
        self._asking = taken
        try:
            list(self._workers.map(self._ask, taken))
        finally:
            self._asking = ()
        for key in taken:
            self._schedule.put(key, self._due(key))
        return True

    def _due(self, key: UpdateKey) -> datetime:
        """When an image that was just asked about is due again; its usual time where the question broke."""
        check, image = self._checker.known(key), self._here[key]
        if check is not None and check.due > self._now():
            return check.due
        return self._schedule.after(self.rules.of(image), image)

    def _act(self) -> None:
        """Carry out the rules that download, once a minute and after each answer."""
        now = self._now()
        if not self.rules.download or now < self._next_round:
            return
        self._next_round = now + _ROUND
        brought: set[tuple[str, str]] = set()  # several tags may be followed by the same version
        for known in (plan.known for plan in self.preview() if plan.outcome is Outcome.DOWNLOAD):
            what = known.image.name, known.version or known.image.tag
            if what not in brought and self._is_first_try(known, now):
                brought.add(what)
                try:
                    self._begin(self._updater.request(known.image, known.rule, known.version))
                except DepotError as error:
                    _log.warning("%s could not be updated: %s", known.image.title, error)
        with suppress(StoreUnavailable):
            self._updater.prune(self.rules.of)

    def _is_first_try(self, known: ImageUpdate, now: datetime) -> bool:
        """A download that failed is tried again an interval later."""
        key, wanted = update_key(known.image), known.check and (known.check.upstream, known.check.version)
        before, time = self._tried.get(key, (None, now))
        if before == wanted and now < time + known.rule.every:
            return False
        self._tried[key] = wanted, now
        return True

    def _run(self) -> None:
        while not self._cancellation.cancelled:
            try:
                seconds = self.step()
            except Cancelled:
                return
            except Exception:  # noqa: BLE001 - the thread has to outlive what it met
                _log.exception("updates could not be looked for")
                seconds = _LONGEST_SLEEP
            self._wake.wait(max(0.0, min(seconds, _LONGEST_SLEEP)))
            self._wake.clear()

    def _snapshots(self) -> Sequence[Sequence[InstalledImage]]:
        """The images of the stores that answer; the same objects until something changes."""
        found = []
        for type_ in (ImageType.DOCKER, ImageType.LXC):
            with suppress(StoreUnavailable):
                found.append(self._images.in_chosen(type_))
        return found

    def _follow(self) -> None:
        """Tell the schedule of changes of images and rules."""
        snapshots = self._snapshots()
        state = (self.rules.state, *snapshots)
        if len(state) == len(self._followed) and all(map(lambda a, b: a is b, state, self._followed)):
            return
        self._here = keyed(image for images in snapshots for image in images)
        self._is_complete = len(snapshots) == len(ImageType)  # else a store is only away
        self._by_name = defaultdict(list)
        for key in self._here:
            self._by_name[key[:2]].append(key)
        self._schedule.follow(self._here, self.rules.of, self._checker.known)
        self._followed = state

    def _forget_gone(self) -> None:
        """Of images that are here no more."""
        gone = [key for key in self._checker.known_keys() if key not in self._here] if self._is_complete else []
        if gone:
            self._checker.forget(gone)

    def _take(self, is_due: bool = True) -> list[UpdateKey]:
        taken: list[UpdateKey] = []
        with self._lock:
            for key in list(self._wanted):
                image = self._here.get(key)
                if len(taken) == _AT_ONCE:
                    break
                if image is not None and self._goes_along(key, taken):
                    continue  # asked about with the other one's list, else in the next round
                del self._wanted[key]
                if image is not None and not self._is_fresh(image, self._checker.known(key)):
                    taken.append(key)
        while is_due and len(taken) < _AT_ONCE:
            due = self._schedule.take(self._here)
            if due is None:
                break
            check = self._checker.known(due)
            if check is not None and check.due > self._now():  # asked about meanwhile, in another way
                self._schedule.put(due, check.due)
            elif self._goes_along(due, taken):
                self._schedule.put(due, self._now() + _SOON)
            else:
                taken.append(due)
        return taken

    def _goes_along(self, key: UpdateKey, taken: Sequence[UpdateKey]) -> bool:
        """Whether one of those that are taken answers for this one too, by the list of its repository's tags."""
        return key in taken or any(other in self._siblings(key) for other in taken)

    def _siblings(self, key: UpdateKey) -> Sequence[UpdateKey]:
        """The other images of its repository whose versions are followed, if its own are."""
        if not self.rules.of(self._here[key]).versions:
            return ()
        mine = [other for other in self._by_name[key[:2]] if other != key]
        return [other for other in mine if self.rules.of(self._here[other]).versions]

    def _ask(self, key: UpdateKey) -> None:
        """Raises `Cancelled` alone: a question that breaks must not take the answers of the others with it."""
        try:
            tags = self._ask_one(key, None)
            for other in self._siblings(key) if tags is not None else ():
                if other in self._wanted or self._is_due(other):
                    self._ask_one(other, tags)
        except Cancelled:
            raise
        except Exception:  # noqa: BLE001
            _log.exception("%s could not be asked about", self._here[key].title)

    def _is_due(self, key: UpdateKey) -> bool:
        check, rule = self._checker.known(key), self.rules.of(self._here[key])
        return rule.action is not UpdateAction.OFF and (check is None or self._now() >= check.tried + rule.every)

    def _ask_one(self, key: UpdateKey, tags: Sequence[str] | None) -> Sequence[str] | None:
        """Ask about one image; the tags of its repository, where they were asked for."""
        image = self._here[key]
        rule, schedule = self.rules.of(image), self._schedule
        with self._cancellation.within(_ASK_SECONDS) as flag:
            asked = self._checker.ask(
                image, rule, schedule.after(rule, image), flag, tags, sooner=lambda error: schedule.failed(image, error)
            )
        return asked.tags

    def _is_fresh(self, image: InstalledImage, check: UpdateCheck | None) -> bool:
        if check is None or check.digest != image.digest or not answers(check, self.rules.of(image), image):
            return False
        return self._now() < check.tried + (_FRESH_FAILURE if check.error else _FRESH)

    def _known(
        self, image: InstalledImage, here: Mapping[UpdateKey, InstalledImage], rule: UpdateRule | None = None
    ) -> ImageUpdate:
        rule = rule or self.rules.of(image)
        if not is_followed(image):
            return ImageUpdate(image, rule, None, False, "")
        check = self._checker.known(update_key(image))
        if check is None or not answers(check, rule, image):
            return ImageUpdate(image, rule, None, None, f"{image.title} has not been checked yet")
        update = check.is_update_of(image)
        if update and check.version and (image.type, image.name, check.version) in here:
            update = False
        return ImageUpdate(image, rule, check, update, check.error)
