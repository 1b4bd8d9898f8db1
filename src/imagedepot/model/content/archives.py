"""The formats of an image as one file."""

from __future__ import annotations

from enum import StrEnum


class ArchiveFormat(StrEnum):
    """`docker-archive` is what `docker save` wrote before version 25."""

    DOCKER = "docker-archive"
    OCI = "oci-archive"
