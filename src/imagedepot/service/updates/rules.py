"""The rules of updates: which one counts for an image, and their changes."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Sequence
from datetime import timedelta
from fnmatch import fnmatchcase

from imagedepot.errors import InvalidInput, NotFound
from imagedepot.model.following.updates import EVERY_DAY, UpdateAction, UpdateKey, UpdateRule, update_key
from imagedepot.model.following.versions import VersionRange
from imagedepot.model.following.window import Window
from imagedepot.model.image import InstalledImage
from imagedepot.protocols.updates import UpdateRows

EVERY_IMAGE = "*"
USUAL = UpdateRule(EVERY_IMAGE, UpdateAction.NOTIFY, every=EVERY_DAY)
"""What counts for an image that no rule is for."""
_SHORTEST, _LONGEST = timedelta(hours=1), timedelta(days=90)
_OLDEST = timedelta(days=365)
_MOST_KEPT = 50
_MOST_RULES = 1000
_PATTERN = re.compile(r"[a-z0-9*?][\w.*?/:@+\-\[\]]{0,399}", re.ASCII)


class Rules:
    """Safe for many threads; `state` is another object after each change."""

    def __init__(self, rows: UpdateRows) -> None:
        self._rows = rows
        self._lock = threading.Lock()
        self._rules = {rule.pattern: rule for rule in rows.rules() if _is_usable(rule)}
        self._found: dict[UpdateKey, UpdateRule] = {}
        self.state = object()

    def reload(self) -> None:
        """Load them again: another node has changed some."""
        with self._lock:
            self._changed({rule.pattern: rule for rule in self._rows.rules() if _is_usable(rule)})

    def all(self) -> Sequence[UpdateRule]:
        """All rules by pattern; the one for all other images, set or default, comes last."""
        rules = dict(self._rules)
        last = rules.pop(EVERY_IMAGE, USUAL)
        return [*(rules[pattern] for pattern in sorted(rules)), last]

    def is_set(self, rule: UpdateRule) -> bool:
        """Whether it was written by a user, as against the default."""
        return rule.pattern in self._rules

    @property
    def download(self) -> bool:
        """Whether any rule downloads."""
        return any(rule.action is UpdateAction.DOWNLOAD for rule in self._rules.values())

    def put(self, rule: UpdateRule) -> UpdateRule:
        """Add or replace. Raises `InvalidInput`."""
        rule = checked(rule)
        with self._lock:
            if rule.pattern not in self._rules and len(self._rules) >= _MOST_RULES:
                raise InvalidInput(f"There are {_MOST_RULES:,} rules for updates already: remove one first")
            self._rows.put_rule(rule)
            self._changed({**self._rules, rule.pattern: rule})
        return rule

    def remove(self, pattern: str) -> None:
        """Raises `NotFound`."""
        with self._lock:
            if pattern not in self._rules:
                raise NotFound(f"No rule for updates has the pattern {pattern[:300]!r}")
            self._rows.remove_rule(pattern)
            self._changed({key: rule for key, rule in self._rules.items() if key != pattern})

    def of(self, image: InstalledImage) -> UpdateRule:
        """The rule with the longest pattern, jokers not counted, that fits; the usual one where none does."""
        key = update_key(image)
        found = self._found  # as a whole: a change replaces it
        if key not in found:
            found[key] = best(self._rules.values(), image)
        return found[key]

    def _changed(self, rules: dict[str, UpdateRule]) -> None:
        self._rules, self._found, self.state = rules, {}, object()


def best(rules: Iterable[UpdateRule], image: InstalledImage) -> UpdateRule:
    fitting = [rule for rule in rules if fits(rule.pattern, image)]
    return max(fitting, key=lambda rule: (_weight(rule.pattern), rule.pattern), default=USUAL)


def fits(pattern: str, image: InstalledImage) -> bool:
    """Whether `pattern`, a name or `name:tag` with `*` and `?`, is for the image."""
    has_tag = ":" in pattern.rpartition("/")[2]
    return fnmatchcase(f"{image.name}:{image.tag}" if has_tag else image.name, pattern)


def checked(rule: UpdateRule) -> UpdateRule:
    """Raises `InvalidInput`."""
    if not _PATTERN.fullmatch(rule.pattern):
        raise InvalidInput(
            f"{rule.pattern[:80]!r} is not a pattern of images: write redis, redis:7, lscr.io/linuxserver/* or *"
        )
    if not 0 <= rule.keep <= _MOST_KEPT:
        raise InvalidInput(f"A rule keeps 0 to {_MOST_KEPT} versions, not {rule.keep}")
    if rule.keep and rule.action is not UpdateAction.DOWNLOAD:
        raise InvalidInput("Only a rule that downloads can keep versions")
    if not _SHORTEST <= rule.every <= _LONGEST:
        raise InvalidInput("A rule asks at most every 1h, and at least every 90d")
    if not timedelta() <= rule.min_age <= _OLDEST:
        raise InvalidInput("The minimum age of a rule is 365d at most")
    if rule.versions:
        VersionRange.parse(rule.versions)
    if rule.window:
        Window.parse(rule.window)
    return rule


def _is_usable(rule: UpdateRule) -> bool:
    """A stored rule that an earlier or later version wrote otherwise is void, and fails no start."""
    try:
        return checked(rule) is rule
    except InvalidInput:
        return False


def _weight(pattern: str) -> int:
    return sum(character not in "*?[]" for character in pattern)
