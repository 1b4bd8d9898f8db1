"""The requests to one bucket, and their failures as sentences. The one file that imports botocore."""

from __future__ import annotations

import contextlib
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.exceptions import ConnectionError as NoConnection

from imagedepot.errors import StorageFailure, StorageUnavailable
from imagedepot.model.names.s3_address import S3Address

_ATTEMPTS = 3
_CONNECT_SECONDS = 2
_ANSWER_SECONDS = 5
_WORK_SECONDS = 60  # the store copies, or writes what it was sent
_POOL = 64
_PAGE = 1000  # the most that a store lists, or deletes, by one request
_ADDRESS = re.compile(r" (on|from|to)( the)? endpoint URL: .*", re.DOTALL)
_MISSING = {"404", "NoSuchKey", "NoSuchUpload"}
_DENIED = {"401", "403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}
_BUSY = {"SlowDown", "RequestTimeout", "RequestTimeoutException", "Throttling", "InternalError", "ServiceUnavailable"}


class Missing(Exception):
    """There is no such object."""


class Changed(Exception):
    """The object no longer has the ETag that the request named."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One object: its key below the prefix, its bytes, its ETag, and when it was written (UTC)."""

    key: str
    size: int
    etag: str
    modified: datetime


class Bucket:
    """Every key is one below the address's prefix. Safe to call from many threads.

    A store that does not answer is asked by one caller at a time until it does; all others fail at once. `requests`
    counts by operation. Each call may raise `StorageFailure` or `StorageUnavailable`; those that read, `Missing`.
    """

    def __init__(self, address: S3Address, answer_seconds: float = _ANSWER_SECONDS, page: int = _PAGE) -> None:
        self.address = address
        self._page = page
        self.requests: Counter[str] = Counter()
        self._away: str | None = None
        self._probe = threading.Lock()
        self._counting = threading.Lock()
        session = botocore.session.get_session()
        self._quick = _client(session, address, address.endpoint, answer_seconds)
        self._slow = _client(session, address, address.endpoint, max(_WORK_SECONDS, answer_seconds))
        self._public = _client(session, address, address.public, answer_seconds) if address.public else None

    def head(self, key: str) -> Stored:
        with self._asking("HeadObject"):
            found = self._quick.head_object(**self._named(key))
            return Stored(key, found["ContentLength"], found["ETag"], found["LastModified"].astimezone(UTC))

    def get(self, key: str, offset: int = 0, etag: str | None = None) -> Body:
        """Read an object from byte `offset` on, if it still has `etag`. Raises `Changed`."""
        more = {"Range": f"bytes={offset}-"} if offset else {}
        if etag is not None:
            more["IfMatch"] = etag
        with self._asking("GetObject"):
            found = self._quick.get_object(**self._named(key), **more)
            return Body(self, found["Body"], found["ETag"], found["ContentLength"])

    def put(self, key: str, content: bytes | bytearray) -> str:
        """Store an object; its ETag. The store checks the bytes by the hash that is signed with them."""
        with self._asking("PutObject"):
            return str(self._slow.put_object(**self._named(key), Body=content)["ETag"])

    def claim(self, key: str, content: bytes, longest: int) -> bytes:
        """Store `content` unless there is an object already; what the object holds now."""
        for _ in range(2):
            with contextlib.suppress(Missing), contextlib.closing(self.get(key)) as body:
                return body.read(longest)
            with contextlib.suppress(Changed), self._asking("PutObject"):
                self._quick.put_object(**self._named(key), Body=content, IfNoneMatch="*")
        raise StorageFailure(f"{self.address} does not return what was stored in it")

    def list(self, prefix: str) -> Iterator[Stored]:
        """The objects whose keys begin so, by key."""
        token: dict[str, str] = {}
        while True:
            with self._asking("ListObjectsV2"):
                page = self._quick.list_objects_v2(
                    Bucket=self.address.bucket,
                    Prefix=f"{self.address.prefix}{prefix}",
                    MaxKeys=self._page,
                    **token,
                )
            for each in page.get("Contents", ()):
                key = each["Key"].removeprefix(self.address.prefix)
                yield Stored(key, each["Size"], each["ETag"], each["LastModified"].astimezone(UTC))
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def delete(self, keys: Sequence[str]) -> None:
        """Delete an object; a missing one is no failure."""
        if len(keys) == 1:
            with self._asking("DeleteObject"):
                self._quick.delete_object(**self._named(keys[0]))
            return
        for start in range(0, len(keys), self._page):
            named = [{"Key": f"{self.address.prefix}{key}"} for key in keys[start : start + self._page]]
            with self._asking("DeleteObjects"):
                done = self._slow.delete_objects(Bucket=self.address.bucket, Delete={"Objects": named, "Quiet": True})
            for error in done.get("Errors", ()):
                raise StorageFailure(f"{self.address} does not delete {error.get('Key')}: {error.get('Message')}")

    def begin(self, key: str) -> str:
        """Begin an object of many parts; its id."""
        with self._asking("CreateMultipartUpload"):
            return str(self._quick.create_multipart_upload(**self._named(key))["UploadId"])

    def copy_part(self, key: str, upload: str, number: int, source: Stored) -> str:
        """Make `source` the part with this number, if it is that object still; its ETag. Raises `Changed`."""
        named = {"Bucket": self.address.bucket, "Key": f"{self.address.prefix}{source.key}"}
        with self._asking("UploadPartCopy"):
            done = self._slow.upload_part_copy(
                **self._named(key), UploadId=upload, PartNumber=number, CopySource=named, CopySourceIfMatch=source.etag
            )
            return str(done["CopyPartResult"]["ETag"])

    def complete(self, key: str, upload: str, etags: Sequence[str]) -> None:
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
        with self._asking("CompleteMultipartUpload"):
            self._slow.complete_multipart_upload(**self._named(key), UploadId=upload, MultipartUpload={"Parts": parts})

    def abort(self, key: str, upload: str) -> None:
        with self._asking("AbortMultipartUpload"):
            self._quick.abort_multipart_upload(**self._named(key), UploadId=upload)

    def begun(self, prefix: str) -> Iterator[tuple[str, str, datetime]]:
        """The objects of many parts that were not completed: (key, id, since when)."""
        token: dict[str, str] = {}
        while True:
            with self._asking("ListMultipartUploads"):
                page = self._quick.list_multipart_uploads(
                    Bucket=self.address.bucket, Prefix=f"{self.address.prefix}{prefix}", **token
                )
            for each in page.get("Uploads", ()):
                key = each["Key"].removeprefix(self.address.prefix)
                yield key, each["UploadId"], each["Initiated"].astimezone(UTC)
            if not page.get("IsTruncated"):
                return
            token = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    def presigned(self, key: str, seconds: int) -> str | None:
        """An address where clients may read it for a while; None without a public address. Sends no request."""
        if self._public is None:
            return None
        with self._failures():
            return str(self._public.generate_presigned_url("get_object", Params=self._named(key), ExpiresIn=seconds))

    def check(self) -> None:
        """Raises why the bucket cannot be used."""
        with self._asking("ListObjectsV2"):
            self._quick.list_objects_v2(Bucket=self.address.bucket, Prefix=self.address.prefix, MaxKeys=1)

    def _named(self, key: str) -> Mapping[str, str]:
        return {"Bucket": self.address.bucket, "Key": f"{self.address.prefix}{key}"}

    @contextmanager
    def _asking(self, operation: str) -> Iterator[None]:
        is_probe = self._away is not None
        if is_probe and not self._probe.acquire(blocking=False):
            raise StorageUnavailable(self._away or "")
        with self._counting:
            self.requests[operation] += 1
        try:
            with self._failures():
                yield
            self._away = None
        finally:
            if is_probe:
                self._probe.release()

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            self._away = None
            raise self._refusal(error) from error
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise StorageFailure(
                f"There are no credentials for {self.address}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a "
                f"profile in ~/.aws/credentials"
            ) from error
        except (HTTPClientError, NoConnection) as error:
            self._away = f"{self.address} does not answer: {_reason(error)}"
            raise StorageUnavailable(self._away) from error
        except BotoCoreError as error:
            raise StorageFailure(f"{self.address} cannot be used: {error}") from error

    def _refusal(self, error: ClientError) -> Exception:
        details = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code, message = str(details.get("Code", status)), str(details.get("Message", ""))[:200]
        if code in _MISSING:
            return Missing()
        if code == "PreconditionFailed" or status == 412:
            return Changed()
        if code == "NoSuchBucket":
            return StorageFailure(f"There is no bucket {self.address.bucket}: {self.address} cannot be used")
        if code in _DENIED or status in (401, 403):
            return StorageFailure(f"{self.address} refuses our credentials ({code})")
        if code in _BUSY or status >= 500:
            return StorageUnavailable(f"{self.address} is overloaded or out of order ({code}); try again", 1.0)
        return StorageFailure(f"{self.address} refuses: {code} {message}".rstrip())


class Body:
    """The bytes of one answer. Each read may raise `StorageUnavailable`: a connection that broke, or went silent."""

    def __init__(self, bucket: Bucket, body: Any, etag: str, size: int) -> None:
        self._bucket = bucket
        self._body = body
        self.etag = etag
        self.left = size

    def read(self, size: int) -> bytes:
        """At least one byte; empty only at the end."""
        if not self.left:
            return b""
        try:
            piece = bytes(self._body.read(min(size, self.left)))
        except (BotoCoreError, OSError) as error:
            raise StorageUnavailable(f"{self._bucket.address} broke off: {_reason(error)}") from error
        if not piece:
            raise StorageUnavailable(f"{self._bucket.address} broke off {self.left:,} bytes early")
        self.left -= len(piece)
        return piece

    def close(self) -> None:
        self._body.close()


def _client(session: Any, address: S3Address, endpoint: str, answer_seconds: float) -> Any:
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=answer_seconds,
        max_pool_connections=_POOL,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        signature_version="s3v4",
        s3={"addressing_style": "path" if endpoint else "auto"},
        # Checksums in trailers are AWS's own; the hash in each signature is checked by all.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    region = address.region or session.get_config_variable("region") or "us-east-1"
    try:
        return session.create_client("s3", region_name=region, endpoint_url=endpoint or None, config=config)
    except (BotoCoreError, ValueError) as error:
        raise StorageFailure(f"{address} cannot be used: {error}") from error


def _reason(error: BaseException) -> str:
    """The library's first words about it, without the address, which stands in the sentence already."""
    words = _ADDRESS.sub("", str(error)).strip().partition("\n")[0]
    return words[:200].rstrip(".") or type(error).__name__
