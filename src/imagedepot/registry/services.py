"""What the registry face speaks for, and its resources."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import ASGIApp

from imagedepot.registry.blobs import Blobs
from imagedepot.registry.caller import Callers
from imagedepot.registry.catalog import Catalog
from imagedepot.registry.face import Handlers, RegistryFace
from imagedepot.registry.manifests import Manifests
from imagedepot.registry.referrers import Referrers
from imagedepot.registry.tags import Tags
from imagedepot.registry.threads import Threads
from imagedepot.service.access.access import Access
from imagedepot.service.distribution.content import Content
from imagedepot.service.distribution.repositories import Repositories


@dataclass(frozen=True)
class RegistryServices:
    """The use cases behind `/v2/`."""

    access: Access
    repositories: Repositories
    content: Content

    def face(self, app: ASGIApp) -> RegistryFace:
        """The face in front of `app`."""
        threads = Threads()
        content = self.content
        resources = [each(content, threads) for each in (Catalog, Manifests, Blobs, Tags, Referrers)]
        handlers: Handlers = {key: handler for each in resources for key, handler in each.handlers.items()}
        return RegistryFace(app, Callers(self.access, threads), self.repositories, handlers)
