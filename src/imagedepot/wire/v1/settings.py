"""Settings as people see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, cast

from imagedepot.wire.v1.base import Answer, Body, about

if TYPE_CHECKING:
    from imagedepot.service.settings import SettingView

SettingSource: TypeAlias = Literal["flag", "environment", "runtime", "file", "default"]


class Setting(Answer):
    """One setting, its value, and where the value comes from."""

    name: Annotated[str, about("`IMAGEDEPOT_…`")]
    value: Annotated[str, about("As a person would write it.")]
    default: str
    source: Annotated[SettingSource, about("What set it.")]
    read_only: Annotated[bool, about("Whether it cannot be changed here.")]
    restart: Annotated[bool, about("Whether a change counts from the next start on.")]
    meaning: str
    lowest: Annotated[int | None, about("For a number: the lowest that is allowed; else null.")]
    highest: Annotated[int | None, about("For a number: the highest that is allowed; else null.")]

    @classmethod
    def of(cls, setting: SettingView) -> Setting:
        return cls(
            name=setting.name,
            value=setting.value,
            default=setting.default,
            source=cast(SettingSource, str(setting.source)),
            read_only=setting.read_only,
            restart=setting.restart,
            meaning=setting.meaning,
            lowest=setting.lowest,
            highest=setting.highest,
        )


class SettingChange(Body):
    """A new value."""

    value: Annotated[str, about("As a person would write it.")]
