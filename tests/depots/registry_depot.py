"""A depot over one registry that lists its repositories: what adding a depot takes, and no more."""

from __future__ import annotations

import json
import urllib.request

from imagedepot.cancellation import Cancellation
from imagedepot.depots.listed import Listed
from imagedepot.model.depot import DepotId, DepotKind
from imagedepot.model.image import Found, ImageRequest, ImageType
from imagedepot.protocols import LxcOrigin, OciOrigin


class RegistryDepot:
    """`protocols.Depot`, by `_catalog`; `host` is the registry's `host:port`, over plain HTTP."""

    kind = DepotKind.REGISTRY
    lxc: LxcOrigin | None = None

    def __init__(self, id_: DepotId, host: str, source: OciOrigin) -> None:
        self.id = id_
        self.oci: OciOrigin | None = source
        self._host = host

    def list(self, query: str, cancellation: Cancellation | None = None) -> Listed:
        with urllib.request.urlopen(f"http://{self._host}/v2/_catalog", timeout=30) as answer:
            names = json.load(answer)["repositories"]
        return Listed([Found(ImageType.DOCKER, f"{self._host}/{name}") for name in names if query in name])

    def page(self, query: str, page: int, limit: int, cancellation: Cancellation | None = None) -> None:
        """None: `list` has every row."""

    def accepted(self, request: ImageRequest) -> ImageRequest:
        return request
