"""The rows of nodes alone: an index keeps what every index promises, and a claim outlives no node."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from imagedepot.content.index.row_index import RowIndex
from imagedepot.database.connection import Database
from imagedepot.database.fleet.claims import Claims
from imagedepot.database.fleet.images import ImageRows
from imagedepot.protocols import Index
from tests.contracts.index import IndexContract
from tests.ground.postgres import Cluster


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    database = Database(cluster.make_database(), node="one")
    yield database
    database.close()


class TestRowIndex(IndexContract):
    @pytest.fixture
    def index(self, database: Database) -> Index:
        return RowIndex(ImageRows(database, "docker"))


def test_one_node_holds_a_claim_until_it_gives_it_back_or_dies(cluster: Cluster) -> None:
    address = cluster.make_database()
    one, other = Database(address, node="one"), Database(address, node="other")
    first, second = Claims(one, beat=3600), Claims(other, beat=3600)
    assert first.take("blob")
    assert first.take("blob"), "it is its own"
    assert not second.take("blob")
    holder = second.holder("blob")
    assert holder is not None
    assert holder.node == "one"
    first.release("blob")
    assert second.take("blob")
    with one.session() as session:  # its end has come, by the clock of the database alone
        session.execute(text("UPDATE claims SET until = until - interval '1 minute'"))
    assert second.holder("blob") is None
    assert first.take("blob")
    second.release("blob")
    assert first.holder("blob") is not None, "a node that was late gives back nothing of another's"
    for each in (first, second):
        each.close()
    one.close()
    other.close()
