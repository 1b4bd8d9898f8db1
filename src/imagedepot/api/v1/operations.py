"""The dialect of `/api/v1`: every operation, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Sequence

from imagedepot.api.http.operation import Operation
from imagedepot.api.http.pages import Pages
from imagedepot.api.v1.image_operations import image_operations
from imagedepot.api.v1.service_operations import service_operations
from imagedepot.api.v1.services import Parts


def operations(parts: Parts) -> Sequence[Operation]:
    known = (*image_operations(parts), *service_operations(parts))
    return (*known, *Pages(parts, known).operations())
