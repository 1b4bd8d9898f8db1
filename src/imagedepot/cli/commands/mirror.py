"""`imagedepot mirror`"""

from __future__ import annotations

from typing import Annotated

import typer

from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.output import note, print_json, print_lines
from imagedepot.service.client_config import Client

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

    The script can be sent there: `imagedepot mirror config podman --script | ssh root@host sh`. It changes no file that
    is there already.
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
