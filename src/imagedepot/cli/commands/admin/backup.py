"""`imagedepot backup` and `imagedepot restore`"""

from __future__ import annotations

from typing import Annotated

import typer

from imagedepot.cli.backend.start import start_of
from imagedepot.cli.options import AsJson
from imagedepot.cli.render.amounts import count, size
from imagedepot.cli.render.output import note, print_json, say

_REPAIR = "`imagedepot verify --repair` fetches what came from a registry"


def backup(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A tar file to write; - for standard output.")],
    without_blobs: Annotated[
        bool, typer.Option("--without-blobs", help="Leave out the layers of images and the files of LXC images.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Back up the data folder: users, settings, secrets, and all images. The service may be running.

    The file is readable for its owner alone; it holds the hashes of passwords, and keys. Images in an engine (Docker,
    Podman, LXD, Incus) are not in it.
    """
    # Late, here and below: only these commands need it.
    from imagedepot.backup.save import back_up
    from imagedepot.errors import Conflict
    from imagedepot.files.whole_file import STDOUT
    from imagedepot.wiring.blobs import bucket_of

    data = start_of(context).settings().data_dir
    bucket = bucket_of(data)
    if bucket is not None and not without_blobs:
        raise Conflict(f"The blobs are in {bucket}: back that up with its own tools, and the rest with --without-blobs")
    saved = back_up(data, file, with_blobs=not without_blobs)
    if saved.lacking:
        note(
            f"{count(len(saved.lacking), 'file')} that images need are not in the data folder, nor in the backup: "
            f"`imagedepot verify` names them"
        )
    tell = note if file == STDOUT else say
    if as_json and file != STDOUT:
        print_json({"files": saved.files, "bytes": saved.bytes, "lacking": [str(digest) for digest in saved.lacking]})
    else:
        tell(f"Backed up {count(saved.files, 'file')}, {size(saved.bytes)}")


def restore(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="What `imagedepot backup` wrote; - for standard input.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Also where there is something: what the backup holds takes its place.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup into an empty data folder, while no service runs.

    Everything is checked before anything changes. With --replace users, settings and the lists of images become those
    of the backup; blobs that are here stay until a clean-up finds that nothing needs them.
    """
    from imagedepot.backup.restore import restore as restored

    found = restored(start_of(context).settings().data_dir, file, replace)
    if found.damaged:
        files = count(len(found.damaged), "file")
        note(f"{files} had been damaged before the backup was made, and are left out: {_REPAIR}")
    if not found.with_blobs:
        note(f"The layers of images are not in this backup: {_REPAIR}")
    if as_json:
        damaged = [str(digest) for digest in found.damaged]
        print_json({"files": found.files, "bytes": found.bytes, "made": found.made, "damaged": damaged})
    else:
        restored_of = f"of {found.made} (Image Depot {found.version})"
        say(f"Restored {count(found.files, 'file')}, {size(found.bytes)}, {restored_of}")
