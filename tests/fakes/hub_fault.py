"""A named fault of Docker Hub: one line says what is wrong, one call switches it on."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum

from tests.fakes.hub import FakeHub
from tests.fakes.hub_area import Area
from tests.fakes.rules import Fault


class Action(Enum):
    """What a user does when the fault strikes."""

    SEARCH = "search"
    OFFICIAL = "list the official images"
    DETAILS = "look at one repository"
    TAGS = "list tags"
    LOGIN = "log in"
    PULL = "download"


_ACTIONS = {
    Area.SEARCH_V4: Action.SEARCH,
    Area.SEARCH_V2: Action.SEARCH,
    Area.SEARCH_V1: Action.SEARCH,
    Area.LIST: Action.OFFICIAL,
    Area.DETAIL: Action.DETAILS,
    Area.TAGS: Action.TAGS,
    Area.REGISTRY_TAGS: Action.TAGS,
    Area.LOGIN: Action.LOGIN,
}


@dataclass(frozen=True)
class NamedFault:
    """`switch_on(hub)` makes it so, `hub.heal()` undoes it.

    `actions`: what meets the fault. `survivable`: a good client does what it was asked in spite of it, be it
    by another endpoint or by trying again; without, it may as well end in one clear sentence. `waits`: it holds
    answers back, so that a test sets short timeouts, or heals while it waits.
    """

    name: str
    what: str
    actions: frozenset[Action]
    switch_on: Callable[[FakeHub], object]
    survivable: bool = False
    waits: bool = False

    def __str__(self) -> str:
        return self.name


def actions_of(areas: Collection[Area]) -> frozenset[Action]:
    """What a user does when these areas are asked."""
    return frozenset(_ACTIONS.get(area, Action.PULL) for area in areas)


def struck(
    name: str,
    what: str,
    areas: Collection[Area],
    make: Callable[[FakeHub], Fault],
    *,
    times: int | None = None,
    skip: int = 0,
    method: str | None = None,
    survivable: bool = False,
    waits: bool = False,
) -> NamedFault:
    """A fault that is injected into some areas."""
    return NamedFault(
        name,
        what,
        actions_of(areas),
        lambda hub: hub.inject_into(make(hub), areas, times=times, skip=skip, method=method),
        survivable,
        waits,
    )


def always(fault: Fault) -> Callable[[FakeHub], Fault]:
    """The same fault for every hub."""
    return lambda _: fault
