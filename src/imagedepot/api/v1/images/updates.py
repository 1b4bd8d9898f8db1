"""Updates of all images: what is known, and asking now."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.http.bodies import body
from imagedepot.api.http.changes import detail
from imagedepot.api.http.operation import Operation, path_part
from imagedepot.api.services import Parts
from imagedepot.model.access.role import Role
from imagedepot.model.following.updates import UpdateKey, update_key
from imagedepot.wire.v1.base import Nothing
from imagedepot.wire.v1.images.updates import (
    AllImageUpdates,
    Asked,
    Preview,
    Rule,
    RulePreview,
    Rules,
    RuleWish,
    StartedUpdates,
    WantedImages,
)

_GROUP = "Updates"
_PATTERN = path_part("pattern", "A name or `name:tag`, with `*` and `?`: `redis`, `lscr.io/linuxserver/*`, `*`.")


class UpdateCalls:
    def __init__(self, parts: Parts) -> None:
        self._updates = parts.updates
        self._images = parts.images
        self._threads = parts.threads

    async def all(self, request: Request) -> Response:
        return answer(await self._threads.local(lambda: AllImageUpdates.of(self._updates.all())))

    async def check(self, request: Request) -> Response:
        wanted = await body.read_json(request, WantedImages)
        return answer(Asked(asked=await self._threads.local(lambda: self._updates.check(self._keys(wanted)))))

    async def download(self, request: Request) -> Response:
        wanted = await body.read_json(request, WantedImages)
        started = await self._threads.slow(lambda: self._updates.update(self._keys(wanted)))
        return answer(StartedUpdates(downloads=[each.id for each in started]))

    async def rules(self, request: Request) -> Response:
        rules = self._updates.rules
        return answer(Rules(results=[Rule.of(each, rules.is_set(each)) for each in rules.all()]))

    async def put_rule(self, request: Request) -> Response:
        wish = await body.read_json(request, RuleWish)
        wanted = {name: getattr(wish, name) for name in wish.__struct_fields__}
        detail(request, " ".join(f"{name}={value}" for name, value in wanted.items() if value))
        rule = wish.rule(request.path_params["pattern"])
        return answer(Rule.of(await self._threads.local(self._updates.put_rule, rule), is_set=True))

    async def remove_rule(self, request: Request) -> Response:
        await self._threads.local(self._updates.remove_rule, request.path_params["pattern"])
        return answer(Nothing())

    async def preview(self, request: Request) -> Response:
        wish = await body.read_json(request, RulePreview)
        rule = wish.rule(wish.pattern) if wish.pattern else None
        return answer(Preview.of(await self._threads.local(self._updates.preview, rule)))

    def _keys(self, wanted: WantedImages) -> list[UpdateKey] | None:
        """The keys of the named images; None for all images. Raises `ImageNotFound`."""
        if not wanted.images:
            return None
        return [update_key(self._images.found(each.type, each.name, each.tag)) for each in wanted.images]


def operations(parts: Parts) -> Iterator[Operation]:
    calls = UpdateCalls(parts)
    yield Operation(
        "GET",
        "/updates",
        calls.all,
        _GROUP,
        "Whether there is something newer, of every image on this host.",
        AllImageUpdates,
        "What upstreams said last; none is asked.",
    )
    yield Operation(
        "POST",
        "/updates/check",
        calls.check,
        _GROUP,
        "Ask upstreams for updates now.",
        Asked,
        "Answers at once; `waiting` of `GET /updates` tells when all have been asked. One HEAD for each image, none "
        "for those that were asked about within ten minutes or that a rule leaves out.",
        body=WantedImages,
        errors=(404, 503),
        role=Role.MEMBER,
    )
    yield Operation(
        "POST",
        "/updates/download",
        calls.download,
        _GROUP,
        "Download updates.",
        StartedUpdates,
        "Of the images that are named, else of all that are known to have one. What a rule keeps of the versions "
        "before is kept.",
        body=WantedImages,
        errors=(404, 503, 507),
        role=Role.MEMBER,
    )
    yield Operation("GET", "/updates/rules", calls.rules, _GROUP, "The rules of updates.", Rules)
    yield Operation(
        "POST",
        "/updates/preview",
        calls.preview,
        _GROUP,
        "What would happen to each image now.",
        Preview,
        "By the rules as they are, or with the one of the body besides. Nothing is changed, and no upstream is asked.",
        body=RulePreview,
        role=Role.VIEWER,
    )
    yield Operation(
        "PUT",
        "/updates/rules/{pattern:path}",
        calls.put_rule,
        _GROUP,
        "Set a rule.",
        Rule,
        "Of the rules that fit an image the one with the longest pattern counts.",
        (_PATTERN,),
        RuleWish,
        errors=(507,),
    )
    yield Operation(
        "DELETE",
        "/updates/rules/{pattern:path}",
        calls.remove_rule,
        _GROUP,
        "Remove a rule.",
        Nothing,
        "What it kept or brought stays.",
        (_PATTERN,),
        errors=(404, 507),
    )
