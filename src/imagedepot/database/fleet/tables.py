"""Tables that only nodes of a fleet use; in a database that one service has to itself they stay empty."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from imagedepot.database.tables import Base, UtcTime

CHANGES = Table(
    "changes",
    Base.metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("topic", String(32), nullable=False),
    Column("key", Text, nullable=False),
    Column("node", String(32), nullable=False),
    Column("writer", BigInteger, nullable=False),
    Column("time", UtcTime, nullable=False),
    Index("ix_changes_writer", "writer"),
)
"""Rows that a node keeps in memory and that have changed: `key` names them within `topic`, "" all of them. `writer` is
the transaction that changed them."""

CLAIMS = Table(
    "claims",
    Base.metadata,
    Column("key", String(255), primary_key=True),
    Column("node", String(32), nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("size", BigInteger),
)
"""What one node holds at a time, until it says so no more; `bytes` of `size` are how far it is."""

LEASES = Table(
    "leases",
    Base.metadata,
    Column("lease", String(32), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("node", String(32), nullable=False),
    Column("until", UtcTime, nullable=False),
)
"""Blobs, and partial ones, that no node's clean-up may delete: `key` is a digest, or `partial:` and the key of one."""

IMAGES = Table(
    "images",
    Base.metadata,
    Column("store", String(16), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("entry", Text, nullable=False),
)
"""The index of each of our own stores: what `index.json` is for a service alone. `entry` is JSON."""

ACTIVE = Table(
    "active_downloads",
    Base.metadata,
    Column("download", Integer, primary_key=True, autoincrement=False),
    Column("image", Text, unique=True),
    Column("name", Text, nullable=False),
    Column("home", String(32), nullable=False),
    Column("node", String(32), nullable=False),
    Column("until", UtcTime),
    Column("cancelled", Boolean, nullable=False),
    Column("progress", Text, nullable=False),
)
"""Downloads that wait or run. `image` is what they bring, None once it is here; `name` the line of the list that they
change. `home` is the folder that alone has what they need, or ""; `node` is at work until `until`, or "". `progress`
is JSON."""
