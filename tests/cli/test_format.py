"""`--format`, `--quiet`, and what is said where nothing is found."""

from __future__ import annotations

import pytest

from tests.cli.command import Command
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry


def test_names_alone_are_what_other_commands_take(command: Command, docker_registry: DockerRegistry) -> None:
    for tag in ("1", "2"):
        push_image(docker_registry.url, "lab/quiet", tag, [random_layer(10)])
        command("pull", f"lab/quiet:{tag}")
    assert command("list", "-q").out == "lab/quiet:1\nlab/quiet:2\n"
    assert command("list", "--format", "results[].tags[]").out == "1\n2\n"
    assert command("list", "--format", "results[0].{name: name, many: length(tags)}").json == {
        "name": "lab/quiet",
        "many": 2,
    }
    assert command("list", "--format", "total_count").out == "1\n"
    assert command("tags", "lab/quiet", "--format", "installed").out == "1\n2\n"
    assert command("inspect", "lab/quiet:1", "--format", "Os").out == "linux\n"
    assert command("list", "--format", "nothing").out == ""


@pytest.mark.parametrize(
    "expression",
    [
        "results[",
        "results[].",
        "abs(results)",
        "unknown(results)",
        "[" * 3000,
        "results[::0]",
        "&name",
        'max_by(`[{"a": 1}, {"a": "b"}]`, &a)',
        "ceil(to_number('inf'))",
    ],
)
def test_an_expression_that_is_none_is_a_sentence(command: Command, expression: str) -> None:
    done = command("list", "--format", expression)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("imagedepot: --format: not a JMESPath expression that fits: ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("list",), "No images"),
        (("downloads",), "No downloads"),
        (("search", "qqqqq", "--depot", "appcenter"), "No images"),
    ],
)
def test_where_nothing_is_found_it_is_said_beside_the_results(
    command: Command, arguments: tuple[str, ...], sentence: str
) -> None:
    done = command(*arguments)
    assert (done.code, done.out, done.err) == (0, "", f"{sentence}\n")
