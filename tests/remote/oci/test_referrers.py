from __future__ import annotations

from imagedepot.model.digest import Digest
from imagedepot.model.names.reference import Reference
from imagedepot.remote.oci.referrers import list_referrers
from tests.fakes.message import Answer
from tests.remote.clients import client
from tests.remote.scripted import Scripted

SIGNED, SIGNATURE = Digest.of(b"an image"), Digest.of(b"its signature")


def test_what_is_no_json_is_not_passed_on_from_an_index_under_a_tag() -> None:
    index = b'{"manifests": [{"digest": "%s", "size": NaN, "annotations": -Infinity}]}' % str(SIGNATURE).encode()
    with Scripted(Answer.text(405, ""), Answer.of(200, index)) as server:
        rows = list_referrers(client(), Reference.parse(f"{server.host}/lab/app:1"), SIGNED)
    assert rows == [{"digest": str(SIGNATURE), "size": None, "annotations": None}]
