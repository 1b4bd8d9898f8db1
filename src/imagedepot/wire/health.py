"""What `/readyz` answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from imagedepot.service.monitoring.readiness import Checked
from imagedepot.wire.v1.base import Answer, about


class CheckResult(Answer):
    """One part of the service."""

    name: str
    ok: bool
    reason: Annotated[str, about("Why it is not; for administrators.")]


class UpstreamState(Answer):
    """A registry, as the last request to it went. It never makes the service unready."""

    name: str
    ok: bool
    reason: Annotated[str, about("Why the last request failed; for administrators.")]


class Readiness(Answer):
    """Whether the service can do its work."""

    ready: bool
    checks: list[CheckResult]
    upstreams: Annotated[list[UpstreamState], about("Those that were asked; none without a session or token.")]

    @classmethod
    def of(cls, checked: Iterable[Checked], upstreams: Mapping[str, str], with_reasons: bool) -> Readiness:
        """`upstreams`: why the last request to each failed, "" if it did not."""
        checks = [
            CheckResult(name=each.name, ok=each.is_ok, reason=each.reason if with_reasons else "") for each in checked
        ]
        states = [
            UpstreamState(name=name, ok=not reason, reason=reason if with_reasons else "")
            for name, reason in upstreams.items()
        ]
        return cls(ready=all(each.ok for each in checks), checks=checks, upstreams=states)
