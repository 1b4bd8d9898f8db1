"""What is told of one image, and what a download is asked with."""

from __future__ import annotations

from imagedepot.api.http.schema import array, boolean, integer, moment, nullable, one_of, text, thing
from imagedepot.api.shapes.common import TYPE, bytes_

TAGS = thing(
    "Tags",
    {
        "installed": array(text(), "Those on this host."),
        "tags": array(text(), "All of them: `latest` first, the others ascending as strings."),
    },
)
DETAILS = thing(
    "Details",
    {
        "name": text(),
        "description": text("One line."),
        "readme": text("Markdown, as its owner wrote it: to be made harmless before it is shown."),
        "location": text("Its page on Docker Hub."),
        "is_official": boolean(),
        "is_private": boolean("Shown with a Docker Hub login alone."),
        "star_count": integer(),
        "pull_count": nullable(integer()),
        "updated": text("As Docker Hub tells it; nothing where it does not."),
    },
)
REMOVED = thing(
    "Removed",
    {
        "action": one_of(["delete"]),
        "name": text("As asked."),
        "state": one_of(["success"]),
        "type": TYPE,
    },
)
DOWNLOAD_BODY = thing(
    "DownloadRequest",
    {
        "description": text("Kept with the image."),
        "location": text("Kept with the image; never fetched."),
        "icon": text("Kept with the image."),
        "platform": text("`os/architecture[/variant]`; without it the host's."),
    },
    optional=("description", "location", "icon", "platform"),
    more=True,
)
_LAYER = thing(
    "Layer",
    {
        "digest": text("Digest of the blob; nothing where an engine does not tell."),
        "diff_id": text("Digest of the unpacked layer."),
        "size": bytes_("Compressed bytes; 0 where an engine does not tell."),
        "media_type": text(),
        "created_by": text("The build step that made it."),
        "shared_with": array(text(), "References of the other images here that have it too."),
    },
)
_STEP = thing(
    "BuildStep",
    {
        "created": nullable(text("As the image writes it.")),
        "created_by": text(),
        "comment": text(),
        "empty_layer": boolean("Whether it made no layer."),
    },
)
LAYERS = thing(
    "Layers",
    {
        "reference": text(),
        "digest": text("The upstream's own digest."),
        "image_id": text("Digest of the config."),
        "size": bytes_("Bytes of the image."),
        "platform": text(),
        "layers": array(_LAYER, "From the base up."),
        "history": array(_STEP, "Oldest step first."),
    },
)
UPDATE = thing(
    "Update",
    {
        "digest": text("What is here."),
        "upstream": nullable(text("What the tag names now; null when that could not be told.")),
        "update": {**nullable(boolean()), "description": "Whether they differ; null when it could not be told."},
        "checked": moment("When the upstream was asked; its answer is kept for ten minutes."),
        "error": nullable(text("Why it could not be told.")),
    },
)
PLATFORMS = thing(
    "Platforms",
    {
        "platforms": array(text(), "What the tag is made for; empty when nobody told."),
        "host": text("The platform that downloads are meant for."),
        "fits": {**nullable(boolean()), "description": "Whether one of them runs here; null when nobody told."},
    },
)
LXC_FILES = thing(
    "LxcFiles",
    {
        "metadata": text("Path, on the host of the service, of what `lxc-create -t local -- --metadata` takes."),
        "rootfs": text("The same for `--fstree`."),
    },
)
