"""PUT and DELETE of manifests, and DELETE of blobs, in repositories of our own."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp

from imagedepot.errors import InvalidReference, NotFound
from imagedepot.model.digest import Digest
from imagedepot.model.names.reference import is_tag
from imagedepot.registry.errors import Code, Refusal
from imagedepot.registry.face import Asked, Handlers, headers
from imagedepot.registry.pull.blobs import asked_digest
from imagedepot.registry.routes import Kind
from imagedepot.registry.threads import Threads
from imagedepot.service.audit.log import audit
from imagedepot.service.distribution.pushes import LARGEST_MANIFEST, Pushes


class ManifestPushes:
    def __init__(self, pushes: Pushes, threads: Threads) -> None:
        self._pushes = pushes
        self._threads = threads

    @property
    def handlers(self) -> Handlers:
        return {
            (Kind.MANIFEST, "PUT"): self.put,
            (Kind.MANIFEST, "DELETE"): self.delete,
            (Kind.BLOB, "DELETE"): self.delete_blob,
        }

    async def put(self, asked: Asked) -> ASGIApp:
        repository, label = asked.repository.repository, _label(asked.target.label)
        tags = asked.request.query_params.getlist("tag")
        for tag in tags:
            if not is_tag(tag):
                raise Refusal(Code.TAG_INVALID, f"Not a valid tag: {tag[:150]!r}")
        raw = await _body(asked)
        media_type = asked.request.headers.get("content-type", "")
        pushed = await self._threads.local(self._pushes.put, repository, raw, media_type, label, tags)
        digest = pushed.manifest.digest
        for named in pushed.tags or [str(digest)]:
            _write(asked, "push", f"{asked.repository.path}:{named} ({digest})")
        more = {"Location": f"/v2/{asked.repository.path}/manifests/{digest}", "Docker-Content-Digest": str(digest)}
        if pushed.manifest.subject is not None:
            more["OCI-Subject"] = str(pushed.manifest.subject)
        if tags:
            more["OCI-Tag"] = ", ".join(pushed.tags)
        return Response(None, 201, headers(asked, more))

    async def delete(self, asked: Asked) -> ASGIApp:
        label = _label(asked.target.label)
        try:
            await self._threads.local(self._pushes.delete, asked.repository.repository, label)
        except NotFound as error:
            raise Refusal(Code.MANIFEST_UNKNOWN, str(error)) from error
        _write(asked, "delete", f"{asked.repository.path}:{label}")
        return Response(None, 202, headers(asked))

    async def delete_blob(self, asked: Asked) -> ASGIApp:
        digest = asked_digest(asked.target.label)
        try:
            await self._threads.local(self._pushes.delete_blob, asked.repository.repository, digest)
        except NotFound as error:
            raise Refusal(Code.BLOB_UNKNOWN, str(error)) from error
        _write(asked, "delete", f"{asked.repository.path}@{digest}")
        return Response(None, 202, headers(asked))


async def _body(asked: Asked) -> bytes:
    """Raises `Refusal` as soon as it is too long."""
    promised = asked.request.headers.get("content-length", "")
    too_large = Refusal(Code.SIZE_INVALID, f"A manifest has at most {LARGEST_MANIFEST:,} bytes", status=413)
    if promised.isdigit() and int(promised) > LARGEST_MANIFEST:
        raise too_large
    content = bytearray()
    async for chunk in asked.request.stream():
        content += chunk
        if len(content) > LARGEST_MANIFEST:
            raise too_large
    return bytes(content)


def _label(text: str) -> str:
    """A tag or a digest. Raises `Refusal`."""
    if is_tag(text):
        return text
    try:
        return str(Digest.parse(text))
    except InvalidReference:
        if ":" in text:
            raise Refusal(Code.DIGEST_INVALID, f"Not a digest: {text[:150]!r}") from None
        raise Refusal(Code.TAG_INVALID, f"Not a valid tag: {text[:150]!r}") from None


def _write(asked: Asked, what: str, of: str) -> None:
    client = asked.request.client
    audit.info("%s by %s from %s: %s", what, asked.caller.shown, client.host if client else "unknown", of)
