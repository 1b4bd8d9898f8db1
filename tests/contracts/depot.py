"""What every remote depot promises (`imagedepot.protocols.Depot`). A new depot's test is a subclass with a fixture."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.errors import UpstreamNotFound
from imagedepot.model.digest import Digest
from imagedepot.model.image import Found, ImageRequest, ImageType
from imagedepot.model.names.reference import Reference
from imagedepot.protocols import Depot
from tests.ground.waiting import wait_until
from tests.remote.clients import read

_AT_ONCE = 10.0  # for a busy machine; an upstream that hangs does so for longer


class Kit(Protocol):
    """A depot, its upstream, and what may happen to that."""

    @property
    def depot(self) -> Depot: ...

    @property
    def query(self) -> str:
        """Finds some rows."""

    @property
    def image(self) -> ImageRequest:
        """A docker image that the upstream has."""

    @property
    def once(self) -> int:
        """How many requests one list takes."""

    def asked(self) -> int:
        """How many requests for lists the upstream has got."""

    def take_away(self) -> None:
        """From now on the upstream answers nothing but errors."""

    def hang(self) -> None:
        """From now on it does not answer at all."""

    def bring_back(self) -> None: ...

    def age(self) -> None:
        """Everything that is kept is past its lifetime."""


class DepotContract:
    """Subclasses give the fixture `kit`, with a depot that has not been asked yet."""

    def rows(self, kit: Kit) -> list[Found]:
        listing = kit.depot.list(kit.query)
        assert not listing.stale
        assert listing.rows
        return list(listing.rows)

    def test_rows_can_be_asked_for(self, kit: Kit) -> None:
        for row in self.rows(kit):
            if row.type is ImageType.DOCKER:
                assert Reference.parse(row.name).familiar_name in row.name

    def test_texts_are_fit_to_show(self, kit: Kit) -> None:
        for row in self.rows(kit):
            for text in (row.name, row.title, row.description, row.icon, row.location):
                assert text.isprintable()

    def test_a_query_finds_what_it_names_whatever_the_case(self, kit: Kit) -> None:
        rows = self.rows(kit)
        for row in rows:
            assert kit.query.lower() in f"{row.name} {row.title} {row.description}".lower()
        assert list(kit.depot.list(kit.query.upper()).rows) == rows

    def test_a_query_that_nothing_matches_finds_nothing(self, kit: Kit) -> None:
        listing = kit.depot.list("no-image-is-called-so")
        assert (list(listing.rows), listing.stale) == ([], False)

    def test_what_is_known_stands_while_the_upstream_is_away(self, kit: Kit) -> None:
        rows = self.rows(kit)
        kit.take_away()
        kit.age()
        listing = kit.depot.list(kit.query)
        assert list(listing.rows) == rows
        assert listing.stale
        kit.bring_back()
        kit.age()
        # Whoever asks first may be given the old rows when the upstream takes longer than patience lasts.
        wait_until(lambda: not kit.depot.list(kit.query).stale)

    def test_nobody_waits_for_an_upstream_that_hangs(self, kit: Kit) -> None:
        rows = self.rows(kit)
        kit.hang()
        kit.age()
        began = time.monotonic()
        listing = kit.depot.list(kit.query)
        assert time.monotonic() - began < _AT_ONCE
        assert list(listing.rows) == rows
        assert listing.stale

    def test_many_who_ask_at_once_are_one_question(self, kit: Kit) -> None:
        with ThreadPoolExecutor(8) as pool:
            listings = list(pool.map(lambda _: kit.depot.list(kit.query), range(8)))
        assert kit.asked() == kit.once
        assert {tuple(row.name for row in listing.rows) for listing in listings} == {
            tuple(row.name for row in listings[0].rows)
        }
        kit.depot.list(kit.query)
        assert kit.asked() == kit.once, "what is fresh is not asked for again"

    def test_a_request_stays_one_for_this_depot(self, kit: Kit) -> None:
        accepted = kit.depot.accepted(kit.image)
        assert (accepted.depot, accepted.tag) == (kit.image.depot, kit.image.tag) == (kit.depot.id, accepted.tag)

    def test_an_image_is_pinned_and_its_bytes_are_what_they_should_be(self, kit: Kit) -> None:
        cancellation = Cancellation()
        origin = kit.depot.oci
        assert origin is not None
        known = origin.current(kit.image, cancellation)
        resolved = origin.resolve(kit.image, known, cancellation)
        assert known == resolved.root.digest
        fetcher = origin.fetcher(resolved)
        for blob in resolved.blobs:
            assert Digest.of(read(fetcher.open(blob, 0))) == blob.digest

    def test_an_image_that_is_not_there_is_said_so(self, kit: Kit) -> None:
        missing = replace(kit.image, tag="no-such-tag")
        with pytest.raises(UpstreamNotFound, match=f"{missing.name}:no-such-tag"):
            assert kit.depot.oci is not None
            kit.depot.oci.current(missing, Cancellation())
