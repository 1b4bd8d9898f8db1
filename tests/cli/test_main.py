from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from imagedepot import __version__
from imagedepot.cli import exits, main
from imagedepot.cli.main import app, run
from imagedepot.cli.suggestions import _MEANT
from tests.cli.command import Command
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry

PROGRAM = Path(sys.executable).with_name("imagedepot")


def test_no_command_is_answered_with_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == exits.USAGE
    assert capsys.readouterr().err.startswith("Usage: imagedepot [OPTIONS] COMMAND")


@pytest.mark.parametrize(
    ("arguments", "sentence", "hint"),
    [
        (["bogus"], "imagedepot: No such command 'bogus'.", "Try `imagedepot --help`."),
        (["pull"], "imagedepot: Missing argument 'REFERENCE...'.", "Try `imagedepot pull --help`."),
        (
            ["list", "--depot", "attic"],
            "imagedepot: Invalid value for '--depot': 'attic' is not one of ",
            "Try `imagedepot list --help`.",
        ),
        (["imagse"], "imagedepot: No such command 'imagse'. Did you mean 'images'", "Try `imagedepot --help`."),
        (["loggin"], "imagedepot: No such command 'loggin'. Did you mean 'login'", "Try `imagedepot --help`."),
        (["Install"], "imagedepot: No such command 'Install'. Did you mean 'pull'?", "Try `imagedepot --help`."),
        (
            ["mirror", "lits"],
            "imagedepot: No such command 'lits'. Did you mean 'list'?",
            "Try `imagedepot mirror --help`.",
        ),
        (
            ["list", "--jsn"],
            "imagedepot: No such option: --jsn. Did you mean '--json'?",
            "Try `imagedepot list --help`.",
        ),
        (["list", "--zzz"], "imagedepot: No such option: --zzz", "Try `imagedepot list --help`."),
        (["user", "add"], "imagedepot: Missing argument 'NAME'.", "Try `imagedepot user add --help`."),
    ],
)
def test_wrong_usage_is_a_sentence_and_a_hint(command: Command, arguments: list[str], sentence: str, hint: str) -> None:
    done = command(*arguments)
    assert done.code == exits.USAGE
    first, second = done.err.splitlines()
    assert first.startswith(sentence)
    assert second == hint
    assert done.out == ""


def test_a_wrong_setting_is_named_and_nothing_is_done(command: Command) -> None:
    done = command("serve", "--listen", "nowhere")
    assert done.code == exits.USAGE
    assert done.err == (
        "imagedepot: IMAGEDEPOT_LISTEN: not an address and port such as 127.0.0.1:8080 "
        "(it is 'nowhere' on the command line)\n"
    )
    assert not command.data.exists()


def test_a_configuration_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--config", "/nowhere.toml", "list"]) == exits.USAGE
    assert capsys.readouterr().err == "imagedepot: --config: there is no file /nowhere.toml\n"


def test_a_fault_of_ours_is_a_sentence_that_names_the_file_with_the_details(
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken = typer.Typer(pretty_exceptions_enable=False)

    @broken.command()
    def divide() -> None:
        raise ZeroDivisionError("by nought")

    assert run([], broken) == exits.UNEXPECTED
    said = capsys.readouterr().err
    assert said.startswith("imagedepot: an internal error (ZeroDivisionError); the details are in ")
    assert said.count("\n") == 1
    details = Path(said.rpartition(" ")[2].strip())
    assert "by nought" in details.read_text()
    assert details.stat().st_mode & 0o077 == 0
    details.unlink()


def test_who_stops_reading_is_told_nothing(command: Command) -> None:
    assert command("list").code == 0
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [PROGRAM, "--data-dir", str(command.data), "version"], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (exits.OUTPUT_CLOSED, b"")


_HEAVY = {
    *("sqlalchemy", "alembic", "sqlite3", "starlette", "fastapi", "uvicorn", "anyio", "asyncio", "pydantic"),
    *("docker", "argon2", "rich", "xml", "defusedxml"),
}
_NETWORK = {"urllib3", "http", "ssl", "socket", "email"}


@pytest.fixture
def loaded_by(tmp_path: Path, docker_registry: DockerRegistry) -> Callable[..., set[str]]:
    """The modules that a process has loaded once its command line is carried out, on an empty data folder at first."""
    push_image(docker_registry.url, "lab/cold", "1", [random_layer(500)])
    script = """
import sys
from imagedepot.cli.main import run
code = run(["--config", *sys.argv[1:]])
import json
print(json.dumps([code, *sys.modules]))
"""
    config = tmp_path / "config.toml"
    config.write_text(f'data_dir = "{tmp_path / "data"}"\nregistry_url = "{docker_registry.url}"\n')

    def loaded(*arguments: str) -> set[str]:
        command = [sys.executable, "-c", script, str(config), *arguments]
        unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=unmeasured)
        code, *modules = json.loads(done.stdout.splitlines()[-1])
        assert code == 0, done.stderr
        return {*modules, *(name.partition(".")[0] for name in modules)}

    return loaded


def _commands(modules: set[str]) -> set[str]:
    loaded = {name.rpartition(".")[2] for name in modules if name.startswith("imagedepot.cli.commands.")}
    return loaded - {"completion", "images", "admin"}


def _below(modules: set[str], package: str) -> set[str]:
    return {name for name in modules if name.startswith(f"{package}.")}


def test_a_cold_pull_loads_no_database_no_web_framework_and_no_catalog(loaded_by: Callable[..., set[str]]) -> None:
    modules = loaded_by("pull", "lab/cold:1")
    assert "urllib3" in modules
    assert modules & _HEAVY == set()
    assert _below(modules, "imagedepot.remote.catalogs") | _below(modules, "imagedepot.remote.hub") == set()
    assert _commands(modules) == {"pull"}


def test_what_asks_nothing_of_the_network_loads_no_client_for_it(loaded_by: Callable[..., set[str]]) -> None:
    loaded_by("pull", "lab/cold:1")
    for command in (["list"], ["inspect", "lab/cold:1"], ["remove", "lab/cold:1"], ["version"]):
        modules = loaded_by(*command)
        assert modules & (_HEAVY | _NETWORK) == set()
        assert _below(modules, "imagedepot.remote") == set()
        assert _commands(modules) == {command[0]}


def test_what_needs_the_database_alone_loads_no_service(loaded_by: Callable[..., set[str]]) -> None:
    modules = loaded_by("user", "list")
    assert "sqlalchemy" in modules
    assert {"starlette", "imagedepot.wiring.services"} & modules == set()


def test_the_version_is_reported(command: Command) -> None:
    assert command("version").out == f"{__version__}\n"
    assert command("version", "--json").json == {"version": __version__}


def test_every_command_has_json_but_serve() -> None:
    root = typer.main.get_command(app)
    without = {path for path, flags in _flags(root, "") if "--json" not in flags}
    assert without == {" serve"}


def _flags(command: object, path: str) -> list[tuple[str, list[str]]]:
    """Of each command, not of the groups that they are in."""
    found = []
    for below in getattr(command, "commands", {}).values():
        name = f"{path} {below.name}"
        commands = _flags(below, name)
        found += commands or [(name, [flag for parameter in below.params for flag in parameter.opts])]
    return found


def test_python_m_imagedepot_is_the_same_program(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "imagedepot", "version"], check=True, capture_output=True, text=True)
    assert done.stdout == f"{__version__}\n"


def test_ctrl_c_while_python_still_reads_its_modules_is_no_traceback() -> None:
    script = (
        "import os, signal, sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'typer': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "from imagedepot.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (exits.INTERRUPTED, "", "imagedepot: interrupted\n")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ls", "list"),
        ("images", "list"),
        ("rm", "remove"),
        ("rmi", "remove"),
        ("prune", "gc"),
        ("login", "registry login"),
        ("logout", "registry logout"),
    ],
)
def test_words_of_docker_and_podman_are_understood(command: Command, typed: str, meant: str) -> None:
    def about(words: str) -> str:
        return command(*words.split(), "--help").out.partition("\n")[2]

    assert about(typed) == about(meant)


def test_every_word_of_other_programs_leads_to_a_command() -> None:
    assert set(_MEANT.values()) <= set(main._COMMANDS)
    assert not set(_MEANT) & {*main._COMMANDS, *main._ALIASES}


def test_the_version_is_an_option_too(command: Command) -> None:
    assert command("--version").out == command("version").out == f"{__version__}\n"


def test_the_help_names_every_command_in_a_group_and_shows_examples(command: Command) -> None:
    told = command("--help").out
    assert [line for line in told.splitlines() if line in ("Images:", "Updates:", "The service:", "Upkeep:")]
    for name in main._COMMANDS:
        assert f"\n  {name} " in told
    assert "Examples:\n  imagedepot search" in told
