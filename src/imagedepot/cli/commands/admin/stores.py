"""`imagedepot stores`"""

from __future__ import annotations

import time
from typing import Annotated

import typer

from imagedepot.cli import exits
from imagedepot.cli.backend.protocol import Backend, Json
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.amounts import count, size
from imagedepot.cli.render.output import Column, note, print_json, print_table, say
from imagedepot.model.image import ImageType
from imagedepot.service.stores.switching import Fate

commands = typer.Typer(help="Where images live: choose another store, and move, remove or leave the images of one.")

_SECONDS_BETWEEN_LOOKS = 0.2
_COLUMNS = (
    Column("TYPE"),
    Column("STORE"),
    Column("NEW IMAGES"),
    Column("IMAGES", right=True),
    Column("SIZE", right=True),
    Column("ADDRESS"),
    Column("STATE"),
)
_DONE = {"move": "Moved", "remove": "Removed"}

Type = Annotated[ImageType, typer.Argument(help="Kind of image.")]
StoreName = Annotated[str, typer.Argument(metavar="STORE", help="Its name in `imagedepot stores`, or its address.")]


@commands.callback(invoke_without_command=True)
def stores(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the stores that take new images, and those that still hold some."""
    if context.invoked_subcommand is not None:
        return
    with start_of(context).backend() as backend:
        answer = backend.stores()
    if as_json:
        print_json(answer)
        return
    print_table(_COLUMNS, [_cells(row) for row in answer["stores"]])
    for work in answer["work"]:
        if not work["ended"]:
            note(f"{work['type']} images: {_news(work)}")


@commands.command()
def use(
    context: typer.Context,
    type_: Type,
    setting: Annotated[
        str,
        typer.Argument(
            metavar="STORE", help="embedded, engine, or an engine's address such as unix:///run/docker.sock."
        ),
    ],
    images: Annotated[
        Fate, typer.Option("--images", help="What becomes of the images in the store that is chosen now.")
    ] = Fate.KEEP,
    as_json: AsJson = False,
) -> None:
    """Choose the store that takes new images, from now on.

    The images of the one of before are kept where they are and listed; or moved into the new store; or removed; or left
    to their engine, and listed no longer.
    """
    with start_of(context).backend() as backend:
        _finish(backend, backend.use_store(type_, setting, images), type_, as_json)


@commands.command()
def move(context: typer.Context, type_: Type, store: StoreName, as_json: AsJson = False) -> None:
    """Move the images of a store into the one that takes new images.

    An image is removed where it was only when the other store has it, whole. Interrupted, the same command goes on.
    """
    with start_of(context).backend() as backend:
        _finish(backend, backend.decide_images(type_, store, Fate.MOVE), type_, as_json)


@commands.command()
def remove(context: typer.Context, type_: Type, store: StoreName, as_json: AsJson = False) -> None:
    """Remove all images of a store that takes no new ones."""
    with start_of(context).backend() as backend:
        _finish(backend, backend.decide_images(type_, store, Fate.REMOVE), type_, as_json)


@commands.command()
def leave(context: typer.Context, type_: Type, store: StoreName, as_json: AsJson = False) -> None:
    """List the images of an engine no longer; they stay in it."""
    with start_of(context).backend() as backend:
        answer = backend.decide_images(type_, store, Fate.LEAVE)
    if as_json:
        print_json(answer)


@commands.command()
def stop(context: typer.Context, type_: Type, as_json: AsJson = False) -> None:
    """Stop moving or removing images; what has been done stays so."""
    with start_of(context).backend() as backend:
        answer = backend.stop_store_work(type_)
    if as_json:
        print_json(answer)


def _finish(backend: Backend, answer: Json, type_: ImageType, as_json: bool) -> None:
    """Follow the work, if there is any, to its end."""
    said = ""
    while (work := _work(answer, type_)) is not None and not work["ended"]:
        if (news := _news(work)) != said:
            note(said := news)
        time.sleep(_SECONDS_BETWEEN_LOOKS)
        answer = backend.stores()
    if as_json:
        print_json(answer)
    chosen = next(row for row in answer["stores"] if row["type"] == type_ and row["chosen"])
    if work is None:
        if not as_json:
            say(f"New {type_} images go to {chosen['name']}")
        return
    for each in work["failures"]:
        note(f"imagedepot: {each['image']} stays: {each['reason']}")
    if not as_json:
        where = f" to {chosen['name']}" if work["work"] == "move" else ""
        say(f"{_DONE[work['work']]} {count(work['done'], 'image')}{where}")
    if work["failures"]:
        raise typer.Exit(exits.BAD_OUTCOME)


def _work(answer: Json, type_: ImageType) -> Json | None:
    return next((row for row in answer["work"] if row["type"] == type_), None)


def _news(work: Json) -> str:
    verb = "moving" if work["work"] == "move" else "removing"
    return work["waits_for"] or f"{verb} {work['current']} ({work['done']} of {work['total']} done)"


def _cells(row: Json) -> tuple[object, ...]:
    return (
        row["type"],
        row["name"],
        "yes" if row["chosen"] else "",
        "" if row["images"] is None else row["images"],
        "" if row["size"] is None else size(row["size"]),
        row["address"] or "",
        "" if row["available"] else f"away: {row['reason']}",
    )
