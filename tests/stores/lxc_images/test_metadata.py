"""`metadata.yaml`, read without trust."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.errors import InvalidAnswer
from imagedepot.stores.lxc_images.facts import ImageFacts, kernel_name
from imagedepot.stores.lxc_images.metadata import LARGEST, read_metadata, write_metadata


def test_values_are_what_is_written_there() -> None:
    raw = b"architecture: aarch64\ncreation_date: 1700000000\nproperties: {release: 22.10, serial: 2023_01, on: yes}\n"
    assert read_metadata(raw, "lab") == ImageFacts(
        "lab",
        "arm64",
        datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        {"release": "22.10", "serial": "2023_01", "on": "yes"},
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        b"!!python/object/apply:os.system ['evil']: [",
        b"- a list",
        b"just text",
        b"\x00\x01",
        b"[" * 5000,
        b"{" * 5000,
        b"a: b: c",
        b"x" * (LARGEST + 1),
    ],
)
def test_what_is_hostile_or_broken_is_refused_in_a_sentence(raw: bytes) -> None:
    with pytest.raises(InvalidAnswer, match=r"^lab: its metadata.yaml"):
        read_metadata(raw, "lab")


def test_what_makes_no_sense_is_not_taken() -> None:
    raw = (
        b"architecture: [x]\ncreation_date: 99999999999999999999\nproperties: {os: [1], " + b"n: " + b"v" * 9999 + b"}"
    )
    assert read_metadata(raw, "lab") == ImageFacts("lab")


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_bytes_at_all_bring_it_down(raw: bytes) -> None:
    with suppress(InvalidAnswer):
        read_metadata(raw, "lab")


def test_what_is_written_is_read_again() -> None:
    facts = ImageFacts("lab/one", "armhf", datetime(2024, 1, 2, tzinfo=UTC), {"os": "Ünï: #", "release": "22.10"})
    raw = write_metadata(facts)
    assert yaml.safe_load(raw)["architecture"] == "armv7l"
    again = read_metadata(raw, "lab/one")
    assert (again.architecture, again.created) == (facts.architecture, facts.created)
    assert facts.properties.items() <= again.properties.items()


def test_a_date_that_nobody_knows_is_one_that_lxd_takes_and_always_the_same() -> None:
    raw = write_metadata(ImageFacts("lab/one", "amd64"))
    assert yaml.safe_load(raw)["creation_date"] == 1
    assert read_metadata(raw, "lab/one").created is None
    assert write_metadata(ImageFacts("lab/one", "amd64")) == raw


@pytest.mark.parametrize(
    ("debian", "kernel"),
    [
        *[("amd64", "x86_64"), ("arm64", "aarch64"), ("armhf", "armv7l"), ("armel", "armv6l"), ("i386", "i686")],
        *[("ppc64el", "ppc64le"), ("s390x", "s390x"), ("riscv64", "riscv64"), ("x86_64", "x86_64"), ("?", "?")],
    ],
)
def test_kernels_have_names_of_their_own(debian: str, kernel: str) -> None:
    assert kernel_name(debian) == kernel
