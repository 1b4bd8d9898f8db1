from __future__ import annotations

from pathlib import Path

import pytest

from imagedepot.config import load
from imagedepot.errors import InvalidSetting
from imagedepot.wiring.services import open_services

SECRET_FILE = "IMAGEDEPOT_OIDC_CLIENT_SECRET_FILE"


@pytest.mark.parametrize("content", [None, b"\n", b"\xff"], ids=["absent", "empty", "not text"])
def test_a_secret_that_cannot_be_read_is_an_error_of_its_setting(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    environment = {
        "HOME": str(tmp_path),
        "IMAGEDEPOT_DATA_DIR": str(tmp_path / "data"),
        "IMAGEDEPOT_OIDC_ISSUER": "http://127.0.0.1:9",
        "IMAGEDEPOT_OIDC_CLIENT_ID": "us",
        SECRET_FILE: str(file),
    }
    with pytest.raises(InvalidSetting, match=SECRET_FILE), open_services(load(environment=environment, files=[])):
        pass
