"""Builds what the registry face needs for pushes, and what looks after the pushed bytes."""

from __future__ import annotations

from dataclasses import dataclass

from imagedepot.database.connection import Database
from imagedepot.database.rows.pushed import PushedRows, UploadRows
from imagedepot.service.distribution.own import OwnRepositories
from imagedepot.service.distribution.pushes import Pushes
from imagedepot.service.distribution.uploads import Uploads
from imagedepot.wiring.cold import Cold


@dataclass(frozen=True)
class Pushing:
    repositories: OwnRepositories
    uploads: Uploads
    pushes: Pushes

    def close(self) -> None:
        self.uploads.close()
        self.pushes.close()


def open_pushes(database: Database, cold: Cold) -> Pushing:
    """No clean-up takes what was pushed from here on, and an image that is removed leaves its repository too.

    Nothing is installed here: a clean-up may be what asks for it, and it lets no new lease begin.
    """
    repositories = OwnRepositories(PushedRows(database), cold.blobs)
    uploads = Uploads(UploadRows(database), cold.blobs, cold.disk, repositories, are_shared=cold.fleet is not None)
    embedded, collector = cold.stores.embedded_oci, cold.stores.collector
    pushes = Pushes(repositories, cold.blobs, embedded, cold.in_force.platform, collector)
    collector.also(repositories.roots)
    cold.stores.also_needed_by(repositories.references)
    cold.images.forget_pushed_by(pushes.forget)
    return Pushing(repositories, uploads, pushes)
