"""`--filter` of `imagedepot list`: Docker's words, for the rows of this host."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from imagedepot.cli.backend.protocol import Json
from imagedepot.cli.names import split
from imagedepot.errors import InvalidInput
from imagedepot.model.image import ImageType
from imagedepot.model.text.moment import parse_moment

_OF_TAGS = ("size", "tags", "digests", "platforms", "created", "installed_at")  # lists that belong together
_Fits = Callable[[str, str, datetime | None], bool]
"""Whether an image is wanted, by its name, its tag and when it was made."""


def filtered(rows: Sequence[Json], filters: Sequence[str]) -> list[Json]:
    """The rows with the tags that every key wants; of several values of one key, one has to fit.

    Raises `InvalidInput`.
    """
    wanted: dict[str, list[_Fits]] = defaultdict(list)
    for each in filters:
        key, _, value = each.partition("=")
        wanted[key].append(_fits(key, value, rows))

    def fits(row: Json, place: int) -> bool:
        made = _moment(row["created"][place] if row["type"] == ImageType.DOCKER else row["created"])
        return all(any(one(row["name"], row["tags"][place], made) for one in ones) for ones in wanted.values())

    return list(_narrowed(rows, fits))


def _narrowed(rows: Sequence[Json], fits: Callable[[Json, int], bool]) -> Iterator[Json]:
    for row in rows:
        places = [place for place in range(len(row["tags"])) if fits(row, place)]
        if len(places) == len(row["tags"]):
            yield row
        elif places:
            left = {key: [row[key][place] for place in places] for key in _OF_TAGS}
            yield {**row, **left, "is_latest": ["latest"] if "latest" in left["tags"] else []}


def _fits(key: str, value: str, rows: Sequence[Json]) -> _Fits:
    if key == "reference" and value:
        has_tag = ":" in value.rpartition("/")[2]
        return lambda name, tag, _: fnmatchcase(f"{name}:{tag}" if has_tag else name, value)
    if key == "dangling" and value in ("true", "false"):
        return lambda _, tag, __: _is_digest(tag) is (value == "true")
    if key in ("before", "since") and value:
        limit = _made(value, rows)
        if key == "before":
            return lambda _, __, made: made is not None and made < limit
        return lambda _, __, made: made is not None and made > limit
    raise InvalidInput(
        f"--filter: {key}={value} is not reference=PATTERN, dangling=true|false, before=IMAGE or since=IMAGE"
    )


def _is_digest(tag: str) -> bool:
    """An image that was downloaded by its digest has no tag."""
    return ":" in tag


def _made(image: str, rows: Sequence[Json]) -> datetime:
    """When one image of these was made."""
    for row in rows:
        if row["type"] == ImageType.LXC:
            found = _moment(row["created"]) if row["name"] == image else None
        else:
            name, tag = split(ImageType.DOCKER, image)
            is_here = row["name"] == name and tag in row["tags"]
            found = _moment(row["created"][row["tags"].index(tag)]) if is_here else None
        if found is not None:
            return found
    raise InvalidInput(f"--filter: no image {image} is listed that says when it was made")


def _moment(text: str | None) -> datetime | None:
    return parse_moment(text) if text else None
