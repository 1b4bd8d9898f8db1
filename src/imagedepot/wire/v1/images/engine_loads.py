"""Images on their way into an engine beside the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from imagedepot.wire.v1.base import Answer, Body, Bytes, about

if TYPE_CHECKING:
    from imagedepot.service.archives.engine_loads import EngineLoad as Load


class EngineLoadRequest(Body):
    """Which engine is to have the image."""

    engine: Annotated[str, about("`docker`, `podman`, or the address of an engine that answers on this host.")]


class EngineLoad(Answer):
    """One image on its way into an engine."""

    id: str
    name: str
    tag: str
    kind: Annotated[str, about("`docker` or `podman`.")]
    address: str
    status: Literal["running", "done", "failed", "cancelled"]
    done: Annotated[Bytes, about("Bytes that the engine has been sent.")]
    total: Annotated[Bytes | None, about("Bytes in all; null where that is not known.")]
    error: Annotated[str, about("One sentence; empty where it did not fail.")]

    @classmethod
    def of(cls, load: Load) -> EngineLoad:
        return cls(
            id=load.id,
            name=load.name,
            tag=load.tag,
            kind=load.engine.kind,
            address=load.engine.address,
            status=load.status.value,
            done=load.done,
            total=load.total,
            error=load.error,
        )
