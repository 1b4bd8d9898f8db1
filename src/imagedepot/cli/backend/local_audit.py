"""Records in the audit trail, where there is one, what commands change without a service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from imagedepot.config import Settings
from imagedepot.database.stored import append_audit_event
from imagedepot.errors import DepotError
from imagedepot.model.image import ImageType, titled
from imagedepot.wiring.database import place_of

P = ParamSpec("P")
T = TypeVar("T")


class HasSettings(Protocol):
    @property
    def settings(self) -> Settings: ...


B = TypeVar("B", bound=HasSettings)


def audited(
    action: str, target: Callable[..., str] = lambda *_, **__: ""
) -> Callable[[Callable[Concatenate[B, P], T]], Callable[Concatenate[B, P], T]]:
    """Record how a call of a backend's method ended; `target` returns what it changes, from its arguments.

    Actions are those of `api/audit/actions.py`.
    """

    def decorate(method: Callable[Concatenate[B, P], T]) -> Callable[Concatenate[B, P], T]:
        @wraps(method)
        def call(backend: B, *arguments: P.args, **named: P.kwargs) -> T:
            with recorded(backend.settings, action, target(*arguments, **named)):
                return method(backend, *arguments, **named)

        return cast(Callable[Concatenate[B, P], T], call)

    return decorate


@contextmanager
def recorded(settings: Settings, action: str, target: str = "") -> Iterator[None]:
    """Record how the block ended."""
    try:
        yield
    except DepotError as error:
        write(settings, action, target, str(error))
        raise
    write(settings, action, target)


def write(settings: Settings, action: str, target: str, error: str = "") -> None:
    """Record one event of the owner of the data folder."""
    # Late: most commands change nothing.
    from imagedepot.model.access.audit import AuditEvent

    if settings.audit_days:
        append_audit_event(place_of(settings), AuditEvent.by_owner(action, target, error))


def first(text: str, *_: Any, **__: Any) -> str:
    return text


def second(_: Any, text: str, *__: Any, **___: Any) -> str:
    return text


def image(name: str, tag: str, *_: Any) -> str:
    return titled(ImageType.DOCKER, name, tag)
