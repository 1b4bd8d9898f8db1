"""`imagedepot inspect`"""

from __future__ import annotations

from collections.abc import Iterator

import typer

from imagedepot.cli import names
from imagedepot.cli.backend.protocol import Json
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson, Format, LocalName, OfType
from imagedepot.cli.render.amounts import size
from imagedepot.cli.render.output import Column, print_asked, print_table
from imagedepot.model.image import ImageType


def inspect(
    context: typer.Context,
    name: LocalName,
    type_: OfType = ImageType.DOCKER,
    as_json: AsJson = False,
    format_: Format = "",
) -> None:
    """Show the configuration of an image.

    Command, environment, ports, volumes, labels; of LXC images their properties.
    """
    with start_of(context).backend() as backend:
        answer = backend.inspect(type_, *names.split(type_, name))
    if not print_asked(answer, as_json, format_):
        rows = _docker(answer) if type_ is ImageType.DOCKER else _lxc(answer)
        print_table((Column("WHAT"), Column("VALUE")), [row for row in rows if row[1]])


def _docker(answer: Json) -> Iterator[tuple[str, str]]:
    config = answer.get("Config") or {}
    yield "Names", " ".join(answer.get("RepoTags") or [])
    yield "Digests", " ".join(answer.get("RepoDigests") or [])
    yield "Id", answer["Id"]
    yield "Platform", "/".join(filter(None, (answer["Os"], answer["Architecture"], answer.get("Variant"))))
    yield "Created", answer["Created"]
    yield "Size", size(answer["Size"])
    yield "Author", answer["Author"]
    yield "Entrypoint", " ".join(config.get("Entrypoint") or [])
    yield "Command", " ".join(config.get("Cmd") or [])
    yield "Folder", config.get("WorkingDir") or ""
    yield "User", config.get("User") or ""
    yield "Ports", " ".join(config.get("ExposedPorts") or [])
    yield "Volumes", " ".join(config.get("Volumes") or [])
    for line in config.get("Env") or []:
        yield "Environment", line
    for key, value in (config.get("Labels") or {}).items():
        yield "Label", f"{key}={value}"


def _lxc(answer: Json) -> Iterator[tuple[str, str]]:
    yield "Fingerprint", answer.get("Fingerprint") or ""
    # `Os` names the distribution here; the system is Linux for every container.
    yield "Platform", f"linux/{answer['Architecture']}" if answer["Architecture"] else ""
    yield "Created", answer.get("Created") or ""
    yield "Size", size(answer["Size"])
    yield "Verified", "yes" if answer["verified"] else "no"
    for key, value in (answer.get("Properties") or {}).items():
        yield "Property", f"{key}={value}"
