"""Failures of pushes, in addition to those of the error tree."""

from __future__ import annotations

from imagedepot.errors import Conflict, InvalidInput, NotFound, Unavailable


class NoSuchUpload(NotFound):
    """An upload that was finished, cancelled or abandoned, or that never was."""

    code = "no_such_upload"


class OutOfOrder(Conflict):
    """A chunk that does not begin where the upload ends."""

    code = "out_of_order"


class TooManyUploads(Unavailable):
    """Too many uploads are open to begin another."""

    code = "too_many_uploads"


class WrongDigest(InvalidInput):
    """Bytes that are not what the client's digest says."""

    code = "wrong_digest"


class WrongSize(InvalidInput):
    """A body that is not as long as it said."""

    code = "wrong_size"


class InvalidManifest(InvalidInput):
    code = "invalid_manifest"


class MissingBlob(NotFound):
    """A manifest that names what its repository does not have."""

    code = "missing_blob"
