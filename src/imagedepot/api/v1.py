"""The dialect of `/api/v1`: every operation, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Sequence

from imagedepot.api.images_v1 import image_operations
from imagedepot.api.operation import Operation
from imagedepot.api.pages import Pages
from imagedepot.api.parts import Parts
from imagedepot.api.service_v1 import service_operations


def operations(parts: Parts) -> Sequence[Operation]:
    known = (*image_operations(parts), *service_operations(parts))
    return (*known, *Pages(parts, known).operations())
