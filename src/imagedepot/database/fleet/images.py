"""The names of images as rows: the index of one of our own stores, for every node of a fleet."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import delete, select, text

from imagedepot.database.connection import Database
from imagedepot.database.fleet.tables import IMAGES

TOPIC = "images-"
_PUT = text(
    "INSERT INTO images (store, name, entry) VALUES (:store, :name, :entry) "
    "ON CONFLICT (store, name) DO UPDATE SET entry = excluded.entry"
)
_ADD = text("INSERT INTO images (store, name, entry) VALUES (:store, :name, :entry) ON CONFLICT DO NOTHING")
_SWAP = text("UPDATE images SET entry = :entry WHERE store = :store AND name = :name AND entry = :before")


class ImageRows:
    """`protocols.rows.ImageRows` of one store; `topic` is that of its changes."""

    def __init__(self, database: Database, store: str) -> None:
        self._database = database
        self._store = store
        self.topic = TOPIC + store

    def all(self, names: Collection[str] | None = None) -> Mapping[str, str]:
        query = select(IMAGES.c.name, IMAGES.c.entry).where(IMAGES.c.store == self._store)
        if names is not None:
            query = query.where(IMAGES.c.name.in_(names))
        with self._database.session() as session:
            return {row.name: row.entry for row in session.execute(query.order_by(IMAGES.c.name))}

    def put(self, name: str, entry: str) -> None:
        with self._database.session() as session:
            session.execute(_PUT, {"store": self._store, "name": name, "entry": entry})
            self._database.changed(session, self.topic, name)

    def swap(self, name: str, before: str | None, entry: str) -> bool:
        values = {"store": self._store, "name": name, "entry": entry, "before": before}
        with self._database.session() as session:
            done = session.execute(_ADD if before is None else _SWAP, values)
            is_done: bool = done.rowcount == 1  # type: ignore[attr-defined]
            if is_done:
                self._database.changed(session, self.topic, name)
        return is_done

    def remove(self, names: Collection[str]) -> None:
        with self._database.session() as session:
            session.execute(delete(IMAGES).where(IMAGES.c.store == self._store, IMAGES.c.name.in_(names)))
            self._database.changed(session, self.topic, *names)
