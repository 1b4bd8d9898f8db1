"""The services behind the registry face, and its resources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp

from imagedepot.model.access.audit import Recorder
from imagedepot.registry.access.caller import Callers
from imagedepot.registry.access.login_events import LoginEvents
from imagedepot.registry.access.token import TokenServer
from imagedepot.registry.face import Handlers, RegistryFace
from imagedepot.registry.pull.blobs import Blobs
from imagedepot.registry.pull.catalog import Catalog
from imagedepot.registry.pull.manifests import Manifests
from imagedepot.registry.pull.referrers import Referrers
from imagedepot.registry.pull.tags import Tags
from imagedepot.registry.push.pushes import ManifestPushes
from imagedepot.registry.push.uploads import BlobUploads
from imagedepot.registry.threads import Threads
from imagedepot.service.access.access import Access
from imagedepot.service.access.registry_tokens import RegistryTokens
from imagedepot.service.access.setup import Setup
from imagedepot.service.distribution.content import Content
from imagedepot.service.distribution.pushed import Mounts
from imagedepot.service.distribution.pushes import Pushes
from imagedepot.service.distribution.repositories import Repositories
from imagedepot.service.distribution.uploads import Uploads


@dataclass(frozen=True)
class RegistryServices:
    """The use cases behind `/v2/`."""

    access: Access
    setup: Setup
    repositories: Repositories
    content: Content
    uploads: Uploads
    mounts: Mounts
    pushes: Pushes
    tokens: RegistryTokens
    anonymous_pull: Callable[[], bool]
    public_url: str
    record: Recorder

    def face(self, app: ASGIApp) -> RegistryFace:
        """The face in front of `app`."""
        threads = Threads()
        content = self.content
        pulls = [each(content, threads) for each in (Catalog, Manifests, Blobs, Tags, Referrers)]
        uploads = BlobUploads(self.uploads, self.mounts, self.repositories, threads)
        resources = [*pulls, uploads, ManifestPushes(self.pushes, threads)]
        handlers: Handlers = {key: handler for each in resources for key, handler in each.handlers.items()}
        logins = LoginEvents(self.record)
        callers = Callers(self.access, self.setup, self.tokens, threads, self.anonymous_pull, self.public_url, logins)
        return RegistryFace(app, callers, TokenServer(callers, self.tokens), self.repositories, handlers, self.record)
