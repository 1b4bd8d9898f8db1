"""`imagedepot rules`"""

from __future__ import annotations

from typing import Annotated

import typer

from imagedepot.cli.backend.protocol import Json
from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.amounts import size
from imagedepot.cli.render.output import Column, note, print_json, print_table, say
from imagedepot.model.following.updates import UpdateAction
from imagedepot.model.image import ImageType, titled

commands = typer.Typer(no_args_is_help=True, help="How updates of images are followed.")

_RULES = tuple(map(Column, ("PATTERN", "ACTION", "KEEP", "VERSIONS", "MIN AGE", "WINDOW", "EVERY")))
_PREVIEW = (Column("IMAGE"), Column("RULE"), Column("OUTCOME"), Column("SIZE", right=True), Column("WHAT HAPPENS"))

Pattern = Annotated[
    str, typer.Argument(metavar="PATTERN", help="A name or NAME:TAG, with * and ?, such as 'lscr.io/linuxserver/*'.")
]
Action = Annotated[UpdateAction, typer.Option(help="Leave out, show, or download.")]
Keep = Annotated[int, typer.Option(metavar="N", help="So many versions before stay, if it downloads.")]
Versions = Annotated[str, typer.Option(metavar="RANGE", help="Follow versions, such as ^7.2, not the tag's digest.")]
MinAge = Annotated[str, typer.Option(metavar="TIME", help="Download only what is known for so long, such as 3d.")]
When = Annotated[str, typer.Option(metavar="TIMES", help="When downloads may begin, such as 02:00-05:00.")]
Every = Annotated[str, typer.Option(metavar="TIME", help="How often the upstream is asked.")]


@commands.command(name="list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the rules; the last is for all other images."""
    with start_of(context).backend() as backend:
        rows = backend.update_rules()
    if as_json:
        print_json(rows)
    else:
        print_table(_RULES, [_cells(row) for row in rows])


@commands.command(name="set")
def set_(
    context: typer.Context,
    pattern: Pattern,
    action: Action = UpdateAction.NOTIFY,
    keep: Keep = 0,
    versions: Versions = "",
    min_age: MinAge = "",
    window: When = "",
    every: Every = "1d",
    as_json: AsJson = False,
) -> None:
    """Set the rule of a pattern: the longest pattern that fits an image counts.

    imagedepot rules set '*' --action download --keep 2 --window 02:00-05:00
    """
    with start_of(context).backend() as backend:
        row = backend.put_update_rule(pattern, _wish(action, keep, versions, min_age, window, every))
    if as_json:
        print_json(row)
    else:
        say(f"Set the rule for {row['pattern']}: {row['action']}, asked every {row['every']}")


@commands.command()
def remove(context: typer.Context, pattern: Pattern, as_json: AsJson = False) -> None:
    """Remove the rule of a pattern. What it kept or brought stays."""
    with start_of(context).backend() as backend:
        backend.remove_update_rule(pattern)
    if as_json:
        print_json({"pattern": pattern})
    else:
        say(f"Removed the rule for {pattern}")


@commands.command()
def preview(
    context: typer.Context,
    pattern: Annotated[
        str, typer.Argument(metavar="[PATTERN]", help="With a rule for these images besides, which is not set.")
    ] = "",
    action: Action = UpdateAction.NOTIFY,
    keep: Keep = 0,
    versions: Versions = "",
    min_age: MinAge = "",
    window: When = "",
    every: Every = "1d",
    as_json: AsJson = False,
) -> None:
    """Show what the rules would do now, by what is known; no upstream is asked."""
    wish = {"pattern": pattern, **_wish(action, keep, versions, min_age, window, every)}
    with start_of(context).backend() as backend:
        rows = backend.preview_updates(wish if pattern else None)
    if as_json:
        print_json(rows)
        return
    print_table(
        _PREVIEW,
        [
            (
                titled(ImageType(row["type"]), row["name"], row["tag"]),
                row["rule"],
                row["outcome"],
                size(row["size"]),
                row["text"],
            )
            for row in rows
        ],
    )
    if not rows:
        note("No images")


def _wish(action: UpdateAction, keep: int, versions: str, min_age: str, window: str, every: str) -> Json:
    return {
        "action": action.value,
        "keep": keep,
        "versions": versions,
        "min_age": min_age,
        "window": window,
        "every": every,
    }


def _cells(row: Json) -> tuple[object, ...]:
    return tuple(row[key] or "" for key in ("pattern", "action", "keep", "versions", "min_age", "window", "every"))
