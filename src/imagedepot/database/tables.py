"""The tables. Images are not among them: the stores' own indexes are their truth (decision 0003).

A time that cannot be read is None, also in a column that is not nullable. A change here needs a migration in
`migrations/versions/`; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, DateTime, Dialect, Index, MetaData, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcTime(TypeDecorator[datetime]):
    """Times in UTC, since SQLite keeps no time zone; None for a stored value that is not a time."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        convert = super().result_processor(dialect, coltype)
        assert convert is not None

        def converted(value: Any) -> datetime | None:
            try:
                return convert(value)
            except (ValueError, TypeError):
                return None  # one value must not fail the query and so hide every other row

        return converted


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=_NAMES)


class DownloadRow(Base):
    """One download. `ended` is None while it is waiting or running; `request`, `resolved`, `parts` and `remedy` are
    JSON."""

    __tablename__ = "downloads"
    __table_args__ = (Index("ix_downloads_ended", "ended"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    request: Mapped[str] = mapped_column(Text)
    resolved: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16))
    created: Mapped[datetime | None] = mapped_column(UtcTime, nullable=False)
    ended: Mapped[datetime | None] = mapped_column(UtcTime)
    error: Mapped[str | None] = mapped_column(Text)
    warning: Mapped[str | None] = mapped_column(Text)
    parts: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(String(32))
    turn: Mapped[int | None] = mapped_column()
    remedy: Mapped[str | None] = mapped_column(Text)


class UserRow(Base):
    """`password` is an argon2id hash, parameters included; `role` is a `Role`'s value."""

    __tablename__ = "users"

    username: Mapped[str] = mapped_column(String(64), primary_key=True)
    password: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16))
    created: Mapped[datetime | None] = mapped_column(UtcTime, nullable=False)


class SessionRow(Base):
    """A session. `token` is the sha256 of the cookie's value, so a copy of the database does not let anyone log in."""

    __tablename__ = "sessions"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    username: Mapped[str] = mapped_column(String(64), index=True)
    login: Mapped[datetime] = mapped_column(UtcTime)
    expires: Mapped[datetime] = mapped_column(UtcTime)


class TokenRow(Base):
    """An access token; `hashed` is the sha256 of its secret, `scopes` and `repositories` have blanks between."""

    __tablename__ = "tokens"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    username: Mapped[str] = mapped_column(String(64), index=True)
    hashed: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[str] = mapped_column(Text)
    repositories: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(UtcTime)
    expires: Mapped[datetime | None] = mapped_column(UtcTime)
    last_used: Mapped[datetime | None] = mapped_column(UtcTime)


class AuditRow(Base):
    """An event of the audit trail, `model.access.audit.AuditEvent`."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_time", "time"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    time: Mapped[datetime] = mapped_column(UtcTime)
    actor: Mapped[str] = mapped_column(Text)
    token: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(Text)
    error: Mapped[str] = mapped_column(Text)
    request: Mapped[str] = mapped_column(String(64))


class SigningKeyRow(Base):
    """A random key that this service signs with, in hexadecimal; `name` is its purpose."""

    __tablename__ = "signing_keys"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(64))


class RepositoryRow(Base):
    """A repository that was pushed here. It exists, also when it is empty, until an administrator removes it."""

    __tablename__ = "repositories"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    created: Mapped[datetime | None] = mapped_column(UtcTime, nullable=False)


class PushedManifestRow(Base):
    """A manifest, index or artifact of a repository; its bytes are a blob. `subject` is a digest or "" """

    __tablename__ = "pushed_manifests"

    repository: Mapped[str] = mapped_column(String(255), primary_key=True)
    digest: Mapped[str] = mapped_column(String(140), primary_key=True)
    media_type: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(String(140))
    pushed: Mapped[datetime | None] = mapped_column(UtcTime, nullable=False)


class PushedTagRow(Base):
    """`listed`: the tag names an image, which is a line of `index.json` too; else an artifact."""

    __tablename__ = "pushed_tags"

    repository: Mapped[str] = mapped_column(String(255), primary_key=True)
    tag: Mapped[str] = mapped_column(String(128), primary_key=True)
    digest: Mapped[str] = mapped_column(String(140))
    listed: Mapped[bool]
    pushed: Mapped[datetime | None] = mapped_column(UtcTime, nullable=False)


class PushedBlobRow(Base):
    """A blob that was uploaded to a repository, or mounted there."""

    __tablename__ = "pushed_blobs"

    repository: Mapped[str] = mapped_column(String(255), primary_key=True)
    digest: Mapped[str] = mapped_column(String(140), primary_key=True)
    pushed: Mapped[datetime | None] = mapped_column(UtcTime, nullable=False)


class UploadRow(Base):
    """A blob on its way from a client; what has come of it is the partial file `upload-<id>`."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    repository: Mapped[str] = mapped_column(String(255))
    username: Mapped[str] = mapped_column(String(64))
    algorithm: Mapped[str] = mapped_column(String(16))
    begun: Mapped[datetime | None] = mapped_column(UtcTime, nullable=False)


class SettingRow(Base):
    """A setting that was changed at run time, as text, as a person would write it."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class MirrorTagRow(Base):
    """What a tag of an upstream's repository named when the upstream was last asked."""

    __tablename__ = "mirror_tags"

    repository: Mapped[str] = mapped_column(Text, primary_key=True)
    tag: Mapped[str] = mapped_column(String(128), primary_key=True)
    digest: Mapped[str] = mapped_column(String(135))
    checked: Mapped[datetime | None] = mapped_column(UtcTime)


class MirrorManifestRow(Base):
    """A manifest or an index that came through the mirror; its bytes are in `upstream/`."""

    __tablename__ = "mirror_manifests"

    repository: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[str] = mapped_column(String(135), primary_key=True)
    media_type: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[datetime | None] = mapped_column(UtcTime)


class MirrorBlobRow(Base):
    """A blob that came through the mirror, or that its clients were given."""

    __tablename__ = "mirror_blobs"

    repository: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[str] = mapped_column(String(135), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[datetime | None] = mapped_column(UtcTime)


class MirrorListRow(Base):
    """The tags of an upstream's repository (`subject` is ""), or the referrers of `subject`, as JSON."""

    __tablename__ = "mirror_lists"

    repository: Mapped[str] = mapped_column(Text, primary_key=True)
    subject: Mapped[str] = mapped_column(String(135), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    checked: Mapped[datetime | None] = mapped_column(UtcTime)


class MirrorRepositoryRow(Base):
    """Whether an upstream's repository can be read without credentials."""

    __tablename__ = "mirror_repositories"

    repository: Mapped[str] = mapped_column(Text, primary_key=True)
    is_public: Mapped[bool] = mapped_column(Boolean)


class MirrorFigureRow(Base):
    """A figure of the mirror that counts up, such as `hits`."""

    __tablename__ = "mirror_figures"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class UpdateCheckRow(Base):
    """What the upstream of an image said last; `digest` and `upstream` are "" where they are not known."""

    __tablename__ = "update_checks"

    type: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    tag: Mapped[str] = mapped_column(String(140), primary_key=True)
    digest: Mapped[str] = mapped_column(String(140))
    upstream: Mapped[str] = mapped_column(String(140))
    version: Mapped[str] = mapped_column(String(128))
    size: Mapped[int | None] = mapped_column(BigInteger)
    checked: Mapped[datetime | None] = mapped_column(UtcTime)
    tried: Mapped[datetime | None] = mapped_column(UtcTime, nullable=False)
    error: Mapped[str] = mapped_column(Text)
    seen: Mapped[datetime | None] = mapped_column(UtcTime)
    due: Mapped[datetime | None] = mapped_column(UtcTime, nullable=False)


class UpdateRuleRow(Base):
    """How the images of a pattern are followed; `min_age` and `every` in seconds."""

    __tablename__ = "update_rules"

    pattern: Mapped[str] = mapped_column(String(400), primary_key=True)
    action: Mapped[str] = mapped_column(String(16))
    keep: Mapped[int]
    versions: Mapped[str] = mapped_column(String(100))
    min_age: Mapped[int]
    window: Mapped[str] = mapped_column(String(100))
    every: Mapped[int]


class UpdateVersionRow(Base):
    """A version that a rule keeps or brought; `label` is a tag or a digest."""

    __tablename__ = "update_versions"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    label: Mapped[str] = mapped_column(String(140), primary_key=True)
    follows: Mapped[str] = mapped_column(String(140))
    since: Mapped[datetime | None] = mapped_column(UtcTime, nullable=False)


class ChannelRow(Base):
    """A channel by which people are notified; `events` and `recipients` have blanks between.

    `secret` is kept as it is, since it has to be sent.
    """

    __tablename__ = "notification_channels"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(Text)
    username: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(Text)
    sender: Mapped[str] = mapped_column(Text)
    recipients: Mapped[str] = mapped_column(Text)
    events: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime | None] = mapped_column(UtcTime, nullable=False)
    sent: Mapped[datetime | None] = mapped_column(UtcTime)
    error: Mapped[str] = mapped_column(Text)


class NoticeRow(Base):
    """A happening that waits for a channel; `facts` is JSON, `delivery` the message that it goes with, or ""."""

    __tablename__ = "notices"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[int] = mapped_column(index=True)
    event: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    time: Mapped[datetime | None] = mapped_column(UtcTime, nullable=False)
    facts: Mapped[str] = mapped_column(Text)
    delivery: Mapped[str] = mapped_column(String(40))
