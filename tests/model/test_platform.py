import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.errors import InvalidReference
from imagedepot.model.platform import Platform


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("linux/amd64", "linux/amd64"),
        ("x86_64", "linux/amd64"),
        ("linux/x86-64", "linux/amd64"),
        ("linux/amd64/v1", "linux/amd64"),
        ("linux/amd64/v3", "linux/amd64/v3"),
        ("aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm64/v9", "linux/arm64/v9"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/arm/6", "linux/arm/v6"),
        ("armhf", "linux/arm/v7"),
        ("armel", "linux/arm/v6"),
        ("i386", "linux/386"),
        ("ppc64el", "linux/ppc64le"),
        ("Windows/AMD64", "windows/amd64"),
    ],
)
def test_every_spelling_has_one_normal_form(text: str, normal: str) -> None:
    assert str(Platform.parse(text)) == normal
    assert Platform.parse(normal) == Platform.parse(text)


@pytest.mark.parametrize("text", ["", "/", "linux/", "linux/amd64/v1/x", "linux amd64", "../etc", "a" * 50])
def test_what_is_no_platform_is_refused(text: str) -> None:
    with pytest.raises(InvalidReference):
        Platform.parse(text)


@pytest.mark.parametrize(
    ("host", "image", "runs"),
    [
        ("linux/arm/v7", "linux/arm/v6", True),
        ("linux/arm/v6", "linux/arm/v7", False),
        ("linux/amd64", "linux/amd64/v2", False),
        ("linux/amd64/v3", "linux/amd64", True),
        ("linux/amd64", "linux/386", False),
        ("linux/arm64", "linux/arm/v7", False),
        ("linux/arm64/v9", "linux/arm64", True),
        ("linux/amd64", "windows/amd64", False),
    ],
)
def test_older_variants_run_on_newer_hosts_and_nothing_else(host: str, image: str, runs: bool) -> None:
    assert Platform.parse(host).runs(Platform.parse(image)) is runs


def test_the_host_is_a_linux_of_some_architecture() -> None:
    assert Platform.host().os == "linux"
    assert Platform.host().architecture
    assert Platform.parse("armhf").debian == "armhf"
    assert Platform.parse("amd64").debian == "amd64"


parts = st.text(st.sampled_from("abcamdarxv678950-_./ é"), max_size=8) | st.sampled_from(
    ["linux", "arm", "arm64", "v8"]
)


@given(st.lists(parts, max_size=4).map("/".join))
def test_any_text_is_a_platform_in_its_one_normal_form_or_refused(text: str) -> None:
    try:
        platform = Platform.parse(text)
    except InvalidReference as error:
        assert len(str(error)) < 200
        return
    assert Platform.parse(str(platform)) == platform
    assert platform.runs(platform)
    assert next(platform.accepted()) == platform
    assert len(set(platform.accepted())) == len(list(platform.accepted()))


def test_a_system_alone_is_of_the_hosts_architecture() -> None:
    assert Platform.parse("linux") == Platform.host()
    assert Platform.parse("windows").architecture == Platform.host().architecture
