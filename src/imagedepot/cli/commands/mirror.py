"""`imagedepot mirror`"""

from __future__ import annotations

from typing import Annotated

import typer

from imagedepot.cli.backend.protocol import Json
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.names import split
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.amounts import size
from imagedepot.cli.render.output import Column, note, print_json, print_lines, print_table, say
from imagedepot.model.image import ImageType, titled
from imagedepot.service.client_config import Client

_PAGE = 1000

commands = typer.Typer(no_args_is_help=True, help="Other machines pull images through Image Depot.")


@commands.command()
def config(
    context: typer.Context,
    client: Annotated[Client, typer.Argument(help="What runs on the other machine.")],
    address: Annotated[
        str, typer.Option(metavar="URL", help="Where it reaches this service, such as http://nas.lan:8080.")
    ] = "",
    script: Annotated[bool, typer.Option("--script", help="Print a shell script that writes the files.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print the files that make another machine pull through Image Depot.

    The script can be sent there: `imagedepot mirror config podman --script | ssh root@host sh`. It replaces
    files that it wrote before, with what was added to them, and stops at any other that is there.
    """
    with start_of(context).backend() as backend:
        answer = backend.client_config(client.value, address)
    for warning in answer["warnings"]:
        note(warning)
    if as_json:
        print_json(answer)
        return
    if script:
        print_lines(answer["script"])
        return
    for file in answer["files"]:
        note(f"{file['path']}:" + (" (if it exists, add these lines to it)" if file["merged"] else ""))
        print_lines(file["content"])
    for sentence in (*answer["can"], *answer["cannot"]):
        note(f"- {sentence}")
    for word, command in (("Then", answer["apply"]), ("Sign in", answer["login"]), ("Try", answer["attempt"])):
        if command:
            note(f"{word}: {command}")


Image = Annotated[str, typer.Argument(metavar="IMAGE", help="As the list shows it: NAME:TAG or NAME@DIGEST.")]


@commands.command(name="list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the images that came through the mirror, the one that was used last first."""
    rows: list[Json] = []
    with start_of(context).backend() as backend:
        while True:
            page = backend.mirror_images(len(rows) // _PAGE + 1, _PAGE)
            rows += page["results"]
            if not page["results"] or len(rows) >= page["total_count"]:
                break
    if as_json:
        print_json(rows)
        return
    print_table(
        (Column("IMAGE"), Column("SIZE", right=True), Column("PLATFORMS"), Column("LAST USED")),
        [
            (_title(row["name"], row["tag"]), size(row["size"]), ", ".join(row["platforms"]), row["last_used"])
            for row in rows
        ],
    )


@commands.command()
def keep(context: typer.Context, image: Image, as_json: AsJson = False) -> None:
    """Install an image that the mirror has; nothing is fetched."""
    name, tag = split(ImageType.DOCKER, image)
    with start_of(context).backend() as backend:
        kept = backend.keep_mirrored(name, tag)
    if as_json:
        print_json(kept)
    else:
        say(f"Installed {_title(kept['name'], kept['tag'])}, {size(kept['size'])}")


@commands.command()
def drop(context: typer.Context, image: Image, as_json: AsJson = False) -> None:
    """Give up an image that the mirror has."""
    name, tag = split(ImageType.DOCKER, image)
    with start_of(context).backend() as backend:
        backend.drop_mirrored(name, tag)
    if as_json:
        print_json({"name": name, "tag": tag})
    else:
        say(f"The mirror has given up {_title(name, tag)}")


@commands.command()
def stats(context: typer.Context, as_json: AsJson = False) -> None:
    """Show what the mirror keeps, and what it has saved."""
    with start_of(context).backend() as backend:
        state = backend.mirror()
    if as_json:
        print_json(state)
        return
    saved = max(0, state["to_clients"] - state["from_upstream"])
    limit = size(state["limit"]) if state["limit"] else "none: there is no mirror"
    print_table(
        (Column("FIGURE"), Column("VALUE", right=True)),
        [
            ("kept", size(state["used"])),
            ("limit", limit),
            ("answered from here", f"{state['hits']:,}"),
            ("asked of registries", f"{state['misses']:,}"),
            ("from registries", size(state["from_upstream"])),
            ("from peers", size(state["from_peers"])),
            ("to clients", size(state["to_clients"])),
            ("saved", size(saved)),
        ],
    )
    for upstream in state["upstreams"]:
        if upstream["last_error"]:
            note(f"{upstream['host']}: {upstream['last_error']}")


def _title(name: str, tag: str) -> str:
    return titled(ImageType.DOCKER, name, tag)
