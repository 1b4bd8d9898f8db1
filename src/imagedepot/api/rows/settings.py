"""Settings as people see them."""

from __future__ import annotations

from typing import Any

from imagedepot.service.settings import SettingView


def setting_row(setting: SettingView) -> dict[str, Any]:
    return {
        "name": setting.name,
        "value": setting.value,
        "default": setting.default,
        "source": str(setting.source),
        "read_only": setting.read_only,
        "restart": setting.restart,
        "meaning": setting.meaning,
    }
