"""Channels by which people are notified."""

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
from imagedepot.model.notices.happening import Event
from imagedepot.wire.v1.base import Nothing
from imagedepot.wire.v1.notifications import ChannelRequest, NewNotificationChannel, NotificationChannel, shown

_GROUP = "Notifications"
_ID = path_part("id", "The `id` of a channel's row.")


class NotificationCalls:
    def __init__(self, parts: Parts) -> None:
        self._notifications = parts.notifications
        self._threads = parts.threads

    async def list(self, request: Request) -> Response:
        return answer([NotificationChannel.of(each) for each in self._notifications.all()])

    async def add(self, request: Request) -> Response:
        wanted = await body.read_json(request, ChannelRequest)
        target = wanted.target
        detail(request, f"name={wanted.name} kind={target.kind} address={shown(target.address, target.kind)}")
        added = await self._threads.local(
            self._notifications.add, wanted.name, target, list(Event) if wanted.events is None else wanted.events
        )
        return answer(NewNotificationChannel.with_secret(*added))

    async def remove(self, request: Request) -> Response:
        channel = await self._threads.local(self._notifications.remove, request.path_params["id"])
        detail(request, f"name={channel.name}")
        return answer(Nothing())

    async def test(self, request: Request) -> Response:
        id_ = request.path_params["id"]
        await self._threads.upstream(
            request, f"notifications {id_}", lambda cancellation: self._notifications.test(id_, cancellation)
        )
        return answer(Nothing())


def operations(parts: Parts) -> Iterator[Operation]:
    calls = NotificationCalls(parts)
    yield Operation(
        "GET",
        "/notifications",
        calls.list,
        _GROUP,
        "The channels by which people are notified.",
        list[NotificationChannel],
        role=Role.ADMIN,
    )
    yield Operation(
        "POST",
        "/notifications",
        calls.add,
        _GROUP,
        "Add a channel.",
        NewNotificationChannel,
        "It receives events from now on. Nothing is sent yet: test it.",
        body=ChannelRequest,
        errors=(409, 507),
    )
    yield Operation(
        "DELETE",
        "/notifications/{id}",
        calls.remove,
        _GROUP,
        "Remove a channel.",
        Nothing,
        "What waits for it is not sent any more.",
        (_ID,),
        errors=(404, 507),
    )
    yield Operation(
        "POST",
        "/notifications/{id}/test",
        calls.test,
        _GROUP,
        "Send a test to a channel now.",
        Nothing,
        "Answers once the receiver has it, or with the reason why it has not.",
        (_ID,),
        errors=(404, 409, 502, 503, 504, 507),
    )
