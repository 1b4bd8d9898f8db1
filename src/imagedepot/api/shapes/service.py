"""Sessions, users, settings, the disk, registries: what is told of the service itself."""

from __future__ import annotations

from imagedepot.api.http.schema import array, boolean, integer, moment, nullable, one_of, text, thing
from imagedepot.api.shapes.common import TYPE, bytes_

LOGIN_BODY = thing("Login", {"username": text(), "password": text()}, more=True)
SESSION = thing(
    "Session",
    {
        "anonymous": boolean("Whether no user is defined, so that nobody needs to log in."),
        "isAdmin": boolean("Whether the caller may change things."),
        "logintime": text(
            "When the session began: `YYYY-MM-DD HH:MM:SS`, UTC.", pattern=r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"
        ),
        "username": text(),
    },
)
LOGGED_OUT = thing("LoggedOut", {"username": text("Who was logged in.")})

USER = thing(
    "User",
    {
        "username": text(),
        "is_admin": boolean("Whether this user may change things."),
        "created": moment(),
    },
)
NEW_USER_BODY = thing(
    "NewUser",
    {"username": text(), "password": text("8 to 1,024 characters."), "is_admin": boolean("The first user always is.")},
    optional=("is_admin",),
    more=True,
)
USER_CHANGE_BODY = thing(
    "UserChange",
    {
        "password": text("Ends the user's sessions."),
        "is_admin": boolean(),
        "current_password": text("Of the caller's own; who is no administrator must tell it."),
    },
    optional=("password", "is_admin", "current_password"),
    more=True,
)

SETTING = thing(
    "Setting",
    {
        "name": text("`IMAGEDEPOT_…`"),
        "value": text("As a person would write it."),
        "default": text(),
        "source": one_of(["flag", "environment", "runtime", "file", "default"], "Who set it."),
        "read_only": boolean("Whether it cannot be changed here."),
        "restart": boolean("Whether a change counts from the next start on."),
        "meaning": text(),
    },
)
SETTING_BODY = thing("SettingChange", {"value": text("As a person would write it.")}, more=True)

_SPACE = {
    "free": bytes_("Bytes that are free."),
    "total": bytes_("Bytes of the disk."),
    "reserve": bytes_("Bytes that no download takes."),
}
SPACE = thing(
    "Space",
    {
        **_SPACE,
        "used": bytes_("Bytes that our own stores hold, partial files included."),
        "images": array(
            thing(
                "SpaceOfImage",
                {
                    "type": TYPE,
                    "name": text(),
                    "tag": text(),
                    "reference": text(),
                    "size": bytes_("Bytes of the image."),
                    "own": bytes_("Bytes that go with it."),
                    "shared": bytes_("Bytes that stay, because others need them too."),
                },
            )
        ),
        "blobs": array(
            thing("SpaceOfBlob", {"digest": text(), "size": bytes_(""), "images": array(text(), "Who needs it.")})
        ),
        "reclaimable": thing("", {"bytes": bytes_("What a clean-up would free."), "files": integer(minimum=0)}),
    },
)
FREED = thing("Freed", {"freed": bytes_("Bytes that are free now."), "files": integer("How many went.", minimum=0)})
CLEANUP_BODY = thing(
    "CleanupRequest",
    {
        "unfinished": boolean("Give up, too, what interrupted commands without a service would go on from."),
        "unnamed": boolean("Also delete files that lost their image when the list of images was lost."),
    },
    optional=("unfinished", "unnamed"),
    more=True,
)
VERIFY_BODY = thing(
    "VerifyRequest",
    {"repair": boolean("Put what is wrong aside and fetch it again.")},
    optional=("repair",),
    more=True,
)
VERDICT = thing(
    "Verification",
    {
        "checked": integer("Files that were read.", minimum=0),
        "bytes": bytes_("Bytes that were read."),
        "problems": array(
            thing(
                "Problem",
                {
                    "digest": text("What it should be."),
                    "path": text("Relative to the data folder."),
                    "reason": text(),
                    "images": array(text(), "Who needs it."),
                    "repaired": boolean(),
                },
            )
        ),
        "unnamed": thing(
            "UnnamedFiles",
            {
                "files": integer("Files that no image and no download needs.", minimum=0),
                "bytes": bytes_("What they take."),
                "digests": array(text(), "The first hundred."),
            },
        ),
    },
)

REGISTRY = thing(
    "Registry",
    {
        "host": text("`host[:port]`"),
        "username": text("Nothing where a token is kept."),
        "source": text("The file, or `helper:NAME`, that keeps it."),
    },
)
REGISTRY_BODY = thing("RegistryLogin", {"username": text(), "password": text("Or an access token.")}, more=True)
LIMITS = thing(
    "Limits",
    {
        "limit": nullable(integer("Pulls in one window.", minimum=0)),
        "remaining": nullable(integer("Pulls that are left.", minimum=0)),
        "window": nullable(integer("Seconds.", minimum=0)),
        "resets": nullable(moment("When the count starts anew at the latest.")),
        "source": nullable(text("The address or account that is counted.")),
    },
    about="Docker Hub's last word; nulls before the first request, and where nothing is limited.",
)

SYSTEM = thing(
    "System",
    {
        "version": text(),
        "platform": text("What images are downloaded for when nobody says otherwise."),
        "users_defined": boolean("Whether calls need a session."),
        "username": text("Who is asking."),
        "is_admin": boolean("Whether the caller may change things."),
        "space": thing("", _SPACE),
        "stores": array(
            thing(
                "Store",
                {
                    "type": TYPE,
                    "kind": one_of(["embedded", "docker", "podman", "lxd", "incus"]),
                    "address": nullable(text("An engine's.")),
                    "version": nullable(text("An engine's, once it has answered.")),
                    "available": boolean("While it is false, calls of its type answer 503."),
                    "reason": nullable(text("Why it is not available.")),
                },
            ),
            "Where images live: one for each type.",
        ),
        "engines_seen": array(
            thing(
                "Engine",
                {
                    "type": TYPE,
                    "kind": one_of(["docker", "podman", "lxd", "incus"]),
                    "address": text("What `IMAGEDEPOT_DOCKER` or `IMAGEDEPOT_LXC` takes."),
                    "version": text(),
                },
            ),
            "Engines that answered at start and are not chosen.",
        ),
    },
)
CATALOG = thing(
    "Catalog",
    {
        "address": text("`builtin`, an http(s) address, or a file's absolute path."),
        "title": text("For people."),
        "format": text("What it turned out to be; nothing while it was never read."),
        "rows": integer("Images that it gave.", minimum=0),
        "skipped": integer("Broken rows that were left out.", minimum=0),
        "fetched": nullable(moment("When it was last asked with success.")),
        "error": nullable(text("Why it could not be read the last time.")),
    },
)
CATALOG_BODY = thing("NewCatalog", {"address": text("Counts last.")}, more=True)
