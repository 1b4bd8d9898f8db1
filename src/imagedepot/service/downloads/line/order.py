"""The line of downloads that wait for their turn, and how one is moved in it."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence

from imagedepot.model.image import ImageType
from imagedepot.service.downloads.line.job import Job


def moved(jobs: Sequence[Job], job: Job, place: int) -> list[Job]:
    """The jobs with `job` at `place`, from 1, of those that wait; behind all of them if there are fewer."""
    others = [each for each in jobs if each is not job]
    waiting = [at for at, each in enumerate(others) if not each.at_work]
    at = waiting[place - 1] if place <= len(waiting) else len(others)
    return [*others[:at], job, *others[at:]]


def turns(before: Sequence[Job], after: Sequence[Job]) -> Mapping[str, int]:
    """The turns, by id, that keep the new order; none for those behind the last one whose place changed.

    Their turns are higher, if they have any: turns never shrink while the line does.
    """
    changed = [at for at, (old, new) in enumerate(zip(before, after, strict=True)) if old is not new]
    return {job.download.id: turn for turn, job in enumerate(after[: changed[-1] + 1])} if changed else {}


def begin_again(jobs: MutableMapping[str, Job], type_: ImageType) -> None:
    """Those at work on this type begin again from what has arrived, into the store that is chosen now.

    Each keeps its turn, and waits until the worker of before has returned.
    """
    for key, job in list(jobs.items()):
        if job.key[0] is type_ and job.at_work and not job.progress.settled:
            jobs[key] = job.again()
            job.cancellation.cancel()
