"""Blobs from clients: `/v2/<name>/blobs/uploads/` (OCI distribution specification, "Pushing Blobs")."""

from __future__ import annotations

import re
from contextlib import suppress

from starlette.responses import Response
from starlette.types import ASGIApp

from imagedepot.errors import InvalidReference, NotFound
from imagedepot.model.digest import Digest
from imagedepot.model.names.registry_names import RepositoryName
from imagedepot.registry.errors import Code, Refusal
from imagedepot.registry.face import Asked, Handlers, headers, may_pull
from imagedepot.registry.pull.blobs import asked_digest
from imagedepot.registry.push.receiving import receive_body
from imagedepot.registry.routes import Kind
from imagedepot.registry.threads import Threads
from imagedepot.service.distribution.failures import OutOfOrder
from imagedepot.service.distribution.pushed import Mounts
from imagedepot.service.distribution.repositories import Repositories
from imagedepot.service.distribution.uploads import Upload, Uploads

_RANGE = re.compile(r"(?:bytes[ =])?(\d{1,18})-(\d{1,18})(?:/[\d*]+)?")


class BlobUploads:
    def __init__(self, uploads: Uploads, mounts: Mounts, repositories: Repositories, threads: Threads) -> None:
        self._uploads = uploads
        self._mounts = mounts
        self._repositories = repositories
        self._threads = threads

    @property
    def handlers(self) -> Handlers:
        return {
            (Kind.UPLOADS, "POST"): self.begin,
            (Kind.UPLOAD, "GET"): self.status,
            (Kind.UPLOAD, "HEAD"): self.status,
            (Kind.UPLOAD, "PATCH"): self.add,
            (Kind.UPLOAD, "PUT"): self.finish,
            (Kind.UPLOAD, "DELETE"): self.cancel,
        }

    async def begin(self, asked: Asked) -> ASGIApp:
        """Mount a blob, take one as a whole, or begin an upload."""
        query = asked.request.query_params
        name = asked.repository.repository
        if "mount" in query:
            digest = asked_digest(query["mount"])
            source = self._source(query.get("from"))
            mounted = await self._threads.local(
                self._mounts.mount, name, digest, source, lambda each: may_pull(asked.caller, each)
            )
            if mounted:
                return _created(asked, digest)
        whole = asked_digest(query["digest"]) if "digest" in query and "mount" not in query else None
        algorithm = _algorithm(query.get("digest-algorithm", whole.algorithm if whole else "sha256"))
        caller = asked.caller.username
        upload = await self._threads.local(self._uploads.begin, name, caller, algorithm, whole is not None)
        if whole is None:
            return _answer(asked, 202, upload)
        try:
            sent = await self._take(asked, upload)
            if not sent and whole != Digest.of(b"", whole.algorithm):
                await self._threads.local(self._uploads.keep, upload)
                return _answer(asked, 202, upload)  # the client goes on with a PUT
            await self._threads.files(self._uploads.finish, upload, whole)
        except BaseException:
            await self._drop(upload)
            raise
        return _created(asked, whole)

    async def status(self, asked: Asked) -> ASGIApp:
        upload = self._find(asked)
        if self._uploads.are_shared:
            await self._threads.local(self._uploads.look, upload)
        return _answer(asked, 204, upload)

    async def add(self, asked: Asked) -> ASGIApp:
        upload = self._find(asked)
        await self._take(asked, upload)
        if self._uploads.are_shared:
            await self._threads.files(self._uploads.settle, upload)
        return _answer(asked, 202, upload)

    async def finish(self, asked: Asked) -> ASGIApp:
        """Finish an upload, with or without the last bytes."""
        if "digest" not in asked.request.query_params:
            raise Refusal(Code.DIGEST_INVALID, "The digest of the whole blob is missing (?digest=)")
        digest = asked_digest(asked.request.query_params["digest"])
        upload = self._find(asked)
        await self._take(asked, upload)
        await self._threads.files(self._uploads.finish, upload, digest)
        return _created(asked, digest)

    async def cancel(self, asked: Asked) -> ASGIApp:
        await self._threads.local(self._uploads.cancel, self._find(asked))
        return Response(None, 204, headers(asked))

    async def _take(self, asked: Asked, upload: Upload) -> int:
        """Write the body to the upload; how many bytes it had. What came before a broken connection is kept."""
        start, size = _promised(asked)
        try:
            writer = await self._threads.files(self._uploads.write, upload, start, size)
        except OutOfOrder as error:
            raise Refusal(Code.RANGE_INVALID, str(error), headers=_place(asked, upload)) from error
        before = upload.offset
        await receive_body(asked.request, self._threads, writer.write)
        writer.end()
        return upload.offset - before

    async def _drop(self, upload: Upload) -> None:
        """Drop the upload of a blob that was to come as a whole and did not."""
        with suppress(NotFound):  # it went with its failure
            await self._threads.local(self._uploads.cancel, upload)

    def _find(self, asked: Asked) -> Upload:
        return self._uploads.find(asked.repository.repository, asked.target.label)

    def _source(self, name: str | None) -> RepositoryName | None:
        """The repository to mount from; None if none is named, or an unusable one."""
        try:
            return self._repositories.find(name, None) if name else None
        except (InvalidReference, NotFound):
            return None


def _algorithm(name: str) -> str:
    """Raises `Refusal`."""
    if name not in ("sha256", "sha512"):
        raise Refusal(Code.DIGEST_INVALID, f"Digests are sha256 or sha512, and not {name[:50]!r}")
    return name


def _promised(asked: Asked) -> tuple[int | None, int | None]:
    """Where the body begins in the blob and how many bytes it has, as its headers say; None for what they do not.

    Raises `Refusal` for headers that contradict each other.
    """
    sent = asked.request.headers
    length = int(sent["content-length"]) if sent.get("content-length", "").isdigit() else None
    if "content-range" not in sent:
        return None, length
    match = _RANGE.fullmatch(sent["content-range"].strip())
    if match is None or int(match[2]) + 1 < int(match[1]):
        raise Refusal(Code.BLOB_UPLOAD_INVALID, "A Content-Range is first-last, such as 0-1023")
    start, size = int(match[1]), int(match[2]) + 1 - int(match[1])
    if length is not None and length != size:
        raise Refusal(Code.SIZE_INVALID, f"The Content-Range has {size:,} bytes, the Content-Length says {length:,}")
    return start, size


def _place(asked: Asked, upload: Upload) -> dict[str, str]:
    ns = asked.request.query_params.get("ns")
    more = f"?ns={ns}" if ns else ""
    return {
        "Location": f"/v2/{asked.repository.path}/blobs/uploads/{upload.id}{more}",
        "Range": f"0-{max(upload.offset - 1, 0)}",
        "Docker-Upload-UUID": upload.id,
    }


def _answer(asked: Asked, status: int, upload: Upload) -> Response:
    return Response(None, status, headers(asked, _place(asked, upload)))


def _created(asked: Asked, digest: Digest) -> Response:
    location = f"/v2/{asked.repository.path}/blobs/{digest}"
    return Response(None, 201, headers(asked, {"Location": location, "Docker-Content-Digest": str(digest)}))
