"""The service itself: version, disk, stores, engines, caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from imagedepot.model.image import ImageType
from imagedepot.wire.v1.base import Answer, about
from imagedepot.wire.v1.people.users import RoleName
from imagedepot.wire.v1.space import Disk

if TYPE_CHECKING:
    from imagedepot.model.stores import SeenEngine, StoreStatus


class Store(Answer):
    """Where the images of one type live."""

    type: ImageType
    kind: Annotated[str, about("`embedded`, `docker`, `podman`, `lxd` or `incus`.")]
    address: Annotated[str | None, about("An engine's; for administrators.")]
    version: Annotated[str | None, about("An engine's, once it has answered.")]
    available: Annotated[bool, about("While it is false, calls of its type answer 503.")]
    reason: Annotated[str | None, about("Why it is not available.")]

    @classmethod
    def of(cls, status: StoreStatus, with_address: bool = True) -> Store:
        return cls(
            type=status.type,
            kind=status.kind,
            address=status.address if with_address else None,
            version=status.version,
            available=status.available,
            reason=status.reason,
        )


class Engine(Answer):
    """An engine that answered at start and is not chosen."""

    type: ImageType
    kind: Annotated[str, about("`docker`, `podman`, `lxd` or `incus`.")]
    address: Annotated[str, about("What `IMAGEDEPOT_DOCKER` or `IMAGEDEPOT_LXC` takes.")]
    version: str

    @classmethod
    def of(cls, engine: SeenEngine) -> Engine:
        return cls(type=engine.type, kind=engine.kind, address=engine.address, version=engine.version)


class System(Answer):
    """What a client asks first."""

    version: str
    platform: Annotated[str, about("The platform that downloads are for, unless one is asked for.")]
    users_defined: Annotated[bool, about("Whether calls need a session.")]
    username: Annotated[str, about("The caller.")]
    role: RoleName
    is_admin: Annotated[bool, about("Whether the caller is an administrator.")]
    by_proxy: Annotated[bool, about("Whether a reverse proxy has signed the caller in: they sign out there.")]
    space: Disk
    stores: Annotated[list[Store], about("Where images live: one for each type.")]
    engines_seen: Annotated[
        list[Engine], about("Engines that answered at start and are not chosen; for administrators.")
    ]
