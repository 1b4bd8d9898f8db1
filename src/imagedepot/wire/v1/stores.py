"""The stores that are in use, and what is done with the images of those that take no new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from imagedepot.model.image import ImageType
from imagedepot.wire.v1.base import Answer, Body, Bytes, Count, about

if TYPE_CHECKING:
    from imagedepot.service.stores.switching import StoreFacts, Switching
    from imagedepot.service.stores.work import WorkState


class StoreInUse(Answer):
    """A store with images of one type."""

    type: ImageType
    name: Annotated[str, about("What rows of images call it, and `?store=` takes: its kind, or its address.")]
    kind: Annotated[str, about("`embedded`, `docker`, `podman`, `lxd` or `incus`.")]
    address: Annotated[str | None, about("An engine's; for administrators.")]
    version: Annotated[str | None, about("An engine's, once it has answered.")]
    available: bool
    reason: Annotated[str | None, about("Why it is not available.")]
    chosen: Annotated[bool, about("Whether new images go to it.")]
    images: Annotated[Count | None, about("How many images it has; null while it is away.")]
    size: Annotated[Bytes | None, about("Their bytes; what images share counts with each.")]

    @classmethod
    def of(cls, facts: StoreFacts, with_address: bool) -> StoreInUse:
        status = facts.status
        return cls(
            type=status.type,
            name=facts.name if with_address or facts.name == status.kind else status.kind,
            kind=status.kind,
            address=status.address if with_address else None,
            version=status.version,
            available=status.available,
            reason=status.reason,
            chosen=facts.chosen,
            images=facts.images,
            size=facts.size,
        )


class Stays(Answer):
    """An image that could not be moved or removed."""

    image: str
    reason: Annotated[str, about("One sentence.")]


class StoreWork(Answer):
    """Images of one type being moved to the chosen store, or removed; also how the last such work ended."""

    type: ImageType
    work: Annotated[Literal["move", "remove"], about("What is done with them.")]
    total: Annotated[Count, about("How many images there are, as far as it is known.")]
    done: Annotated[Count, about("How many have been moved or removed.")]
    current: Annotated[str, about("The image that is at hand, or empty. One that is moved is a download, too.")]
    waits_for: Annotated[str, about("Why nothing goes on at the moment, or empty.")]
    failures: Annotated[list[Stays], about("The images that stay where they are.")]
    ended: bool

    @classmethod
    def of(cls, state: WorkState) -> StoreWork:
        return cls(
            type=state.type,
            work=state.work.value,
            total=max(state.total, state.done),
            done=state.done,
            current=state.current,
            waits_for=state.waits_for,
            failures=[Stays(image=title, reason=reason) for title, reason in state.failures],
            ended=state.ended,
        )


class Stores(Answer):
    """Where images live."""

    stores: list[StoreInUse]
    work: list[StoreWork]

    @classmethod
    def of(cls, switching: Switching, with_address: bool) -> Stores:
        return cls(
            stores=[StoreInUse.of(each, with_address) for each in switching.stores()],
            work=[StoreWork.of(each) for each in switching.work()],
        )


Images = Annotated[
    Literal["keep", "move", "remove", "leave"],
    about(
        "`keep` them where they are, and listed; `move` them to the store that is chosen now; `remove` them; `leave` "
        "them to the engine, and list them no longer."
    ),
]


class StoreChoice(Body):
    """Which store takes new images, and what becomes of those in the one of before."""

    setting: Annotated[str, about("What the setting takes: `embedded`, `engine`, or an engine's address.")]
    images: Images = "keep"


class ImagesOfStore(Body):
    """What becomes of the images of a store that is not chosen."""

    store: Annotated[str, about("Its name.")]
    images: Images
