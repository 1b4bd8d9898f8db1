"""`GET /image/`: which fields a row has depends on its depot and type."""

from __future__ import annotations

from imagedepot.api.http.schema import Schema, anything, array, boolean, integer, moment, nullable, one_of, text, thing
from imagedepot.api.shapes.common import DEPOT, TYPE, bytes_
from imagedepot.model.image import DepotName, ImageType

_WORDS: dict[str, Schema] = {
    "name": text("Familiar name: `redis`, `lgsd/diamond`, `registry.lan:5000/a/b`, `debian/bookworm`."),
    "type": TYPE,
    "from": DEPOT,
    "installed": boolean("Whether it is on this host: docker by exact tag, LXC by name."),
    "downloading": boolean("Whether a download of it is under way."),
    "description": text("What the catalog or whoever downloaded it said of it."),
}
_ICON = {
    "icon": text("The upstream's address of its icon, or nothing."),
    "icon_url": text("Our own cached copy of it, or nothing."),
}
_CATEGORIES = array(text(), "What kinds of thing it is.")
_STARS = integer("Stars on Docker Hub.", minimum=0)
_PULLS = nullable(integer("Pulls on Docker Hub; null where nobody told.", minimum=0))
_LOCATION = text("Its page, or where its file lies.")

LOCAL_DOCKER = thing(
    "LocalDockerImage",
    {
        **_WORDS,
        "type": one_of([ImageType.DOCKER]),
        "from": one_of([DepotName.LOCAL]),
        **_ICON,
        "size": array(bytes_("Bytes of the tag at the same place."), "One for each tag."),
        "tags": array(text(), "Ascending as strings; a digest for what was downloaded by digest."),
        "is_latest": array(text(), "`latest` when that tag is there, else empty."),
        "digests": array(text(), "The upstream's own digest of each tag, or nothing."),
        "platforms": array(text(), "Platform of each tag, or nothing."),
        "created": array(nullable(moment("When the image was made."))),
        "installed_at": array(nullable(moment("When it arrived here."))),
        "depot": text("The depot it came from; nothing where somebody else put it into the engine."),
    },
    about="One docker repository on this host, with all of its tags.",
)
LOCAL_LXC = thing(
    "LocalLxcImage",
    {
        **_WORDS,
        "type": one_of([ImageType.LXC]),
        "from": one_of([DepotName.LOCAL]),
        **_ICON,
        "size": bytes_("Bytes."),
        "tags": array(text(), "Its one tag."),
        "arch": text("Architecture in Debian's words, or nothing."),
        "created": nullable(moment("When the image was made.")),
        "installed_at": nullable(moment("When it arrived here.")),
        "verified": boolean("Whether it came with a checksum, and matched it."),
        "fingerprint": text("The image's fingerprint."),
        "depot": text("The depot it came from; nothing where somebody else put it into the engine."),
    },
    about="One LXC image on this host.",
)
APPCENTER = thing(
    "AppCenterImage",
    {
        **_WORDS,
        "from": one_of([DepotName.APPCENTER]),
        **_ICON,
        "location": _LOCATION,
        "size": nullable(text("LXC: bytes as text, nothing when unknown. Docker: null.")),
        "title": text("Its title for people, with the version unless that is `latest`."),
        "arch": text("Architecture in Debian's words; nothing when unknown."),
        "inspect": text("`{}` for LXC, nothing for docker; a word of old clients."),
        "tag": text("The tag to ask for."),
        "categories": _CATEGORIES,
        "id": text("Told apart from every other row by this."),
    },
    about="One image that a catalog recommends.",
    more=True,
)
OFFICIAL = thing(
    "OfficialImage",
    {
        **_WORDS,
        "type": one_of([ImageType.DOCKER]),
        "from": one_of([DepotName.OFFICIAL]),
        **_ICON,
        "location": _LOCATION,
        "title": text("A catalog's title, else its name."),
        "arch": text("A catalog's word on the architecture, or nothing."),
        "is_official": boolean("True."),
        "star_count": _STARS,
        "pull_count": _PULLS,
        "categories": _CATEGORIES,
    },
    about="One Docker Official Image.",
    more=True,
)
DOCKERHUB = thing(
    "DockerHubImage",
    {
        **_WORDS,
        "type": one_of([ImageType.DOCKER]),
        "from": one_of([DepotName.DOCKERHUB]),
        "icon_url": text("Our own cached copy of its icon, or nothing."),
        "location": text("Its page on Docker Hub."),
        "is_official": boolean("Whether it is a Docker Official Image."),
        "is_trusted": boolean("Whether a verified publisher made it."),
        "star_count": _STARS,
        "pull_count": _PULLS,
    },
    about="One match of a search on Docker Hub.",
    more=True,
)

LISTING = thing(
    "Listing",
    {
        "filter_text": text("As asked."),
        "from": DEPOT,
        "results": array({"anyOf": [LOCAL_DOCKER, LOCAL_LXC, APPCENTER, OFFICIAL, DOCKERHUB]}),
        "total_count": integer("How many there are: of all pages when one was asked for.", minimum=0),
        "type": text("As asked: `docker`, `lxc` or nothing.", enum=["", *map(str, ImageType)]),
    },
)

INSPECT = anything(
    "docker: Docker's inspect object, with at least `Architecture Author Comment Config Container ContainerConfig "
    "Created DockerVersion Id Os Parent Size VirtualSize RepoTags RepoDigests RootFS`. lxc: the image's metadata, "
    "with at least `Architecture Created Os Size Fingerprint Properties verified`."
)
