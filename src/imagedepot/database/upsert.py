"""Adds or replaces each row by its key in one statement, so that two writers at once do no harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import inspect
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from imagedepot.database.tables import Base


def upsert(session: Session, *rows: Base, replace: bool = True) -> None:
    """Add or replace rows; without `replace`, a row that is there stays."""
    if session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    for row in rows:
        mapper = inspect(type(row))
        values = {each.key: getattr(row, each.key) for each in mapper.column_attrs}
        keys = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
        others = {name: value for name, value in values.items() if name not in keys}
        statement = insert(type(row)).values(values)
        if others and replace:
            session.execute(statement.on_conflict_do_update(index_elements=list(mapper.primary_key), set_=others))
        else:
            session.execute(statement.on_conflict_do_nothing(index_elements=list(mapper.primary_key)))
