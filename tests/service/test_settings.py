"""Settings as people change them at run time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.config import Settings, load
from imagedepot.database.connection import Database
from imagedepot.database.rows.settings import SettingRows
from imagedepot.database.stored import stored_settings
from imagedepot.errors import Conflict, InvalidSetting, NotFound
from imagedepot.service.settings import SettingsService, SettingView

CAP = "IMAGEDEPOT_BANDWIDTH"


class House:
    def __init__(self, folder: Path, **environment: str) -> None:
        self.path = folder / "imagedepot.db"
        self.database = Database(self.path)
        self.applied: list[tuple[str, int | None]] = []
        settings = load(
            {"IMAGEDEPOT_DATA_DIR": str(folder)},
            environment=environment,
            files=(),
            runtime=lambda _: stored_settings(self.path),
        )
        self.service: SettingsService[Settings] = SettingsService(
            SettingRows(self.database), settings, lambda name, now: self.applied.append((name, now.bandwidth))
        )

    def view(self, name: str) -> SettingView:
        return next(row for row in self.service.all() if row.name == name)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.database.close()


def test_a_change_is_in_force_at_once_and_kept(house: House) -> None:
    row = house.service.put(CAP, "20MB/s")
    assert (row.value, row.source) == (house.view(CAP).value, house.view(CAP).source)
    assert house.applied == [(CAP, 20_000_000)]
    assert stored_settings(house.path) == {CAP: "20MB/s"}


def test_a_reset_goes_back_to_what_was_set_below(house: House) -> None:
    before = house.view(CAP).value
    house.service.put(CAP, "20MB/s")
    assert house.service.reset(CAP).value == before
    assert house.applied[-1] == (CAP, None)
    assert stored_settings(house.path) == {}
    house.service.reset(CAP)


def test_a_wrong_value_changes_nothing(house: House) -> None:
    house.service.put(CAP, "20MB/s")
    with pytest.raises(InvalidSetting, match=f"^{CAP}: "):
        house.service.put(CAP, "fast")
    assert house.view(CAP).value == "20MB/s"
    assert stored_settings(house.path) == {CAP: "20MB/s"}
    assert len(house.applied) == 1


def test_what_the_environment_sets_is_not_changed_here(tmp_path: Path) -> None:
    house = House(tmp_path, **{CAP: "1MB/s"})
    told = f"^{CAP} is set in the environment and cannot be changed here$"
    with pytest.raises(Conflict, match=told):
        house.service.put(CAP, "2MB/s")
    with pytest.raises(Conflict, match=told):
        house.service.reset(CAP)
    assert house.applied == []
    house.database.close()


@pytest.mark.parametrize("name", ["", "IMAGEDEPOT_NONSENSE", "x" * 10_000])
def test_a_setting_that_is_none_is_not_found(house: House, name: str) -> None:
    with pytest.raises(NotFound, match=r"^There is no setting ") as caught:
        house.service.put(name, "1")
    assert len(str(caught.value)) < 200


def test_what_was_changed_is_there_at_the_next_start(house: House, tmp_path: Path) -> None:
    house.service.put(CAP, "20MB/s")
    again = House(tmp_path)
    assert again.view(CAP).value == "20MB/s"
    again.service.put("IMAGEDEPOT_MAX_DOWNLOADS", "5")
    assert again.applied == [("IMAGEDEPOT_MAX_DOWNLOADS", 20_000_000)], "the earlier change still counts"
    again.database.close()


@pytest.fixture
def odd(house: House, tmp_path: Path) -> Iterator[House]:
    """Started again on a value that is not valid, and on a setting that nobody knows."""
    rows = SettingRows(house.database)
    rows.put(CAP, "fast")
    rows.put("IMAGEDEPOT_OF_TOMORROW", "1")
    rows.put("IMAGEDEPOT_MAX_DOWNLOADS", "5")
    odd = House(tmp_path)
    yield odd
    odd.database.close()


def test_stored_settings_that_are_not_valid_stand_in_no_ones_way(odd: House) -> None:
    assert odd.view(CAP).source == "default"
    assert odd.service.put("IMAGEDEPOT_MAX_DOWNLOADS", "6").value == "6"
    assert odd.service.put(CAP, "20MB/s").value == "20MB/s"


def test_a_setting_that_is_not_known_can_be_forgotten(odd: House) -> None:
    assert odd.service.reset("IMAGEDEPOT_OF_TOMORROW").name == "IMAGEDEPOT_OF_TOMORROW"
    assert "IMAGEDEPOT_OF_TOMORROW" not in stored_settings(odd.path)
    with pytest.raises(NotFound):
        odd.service.reset("IMAGEDEPOT_OF_TOMORROW")


def test_all_that_was_changed_can_be_reset_at_once(odd: House) -> None:
    names = [view.name for view in odd.service.reset_all()]
    assert names == [CAP, "IMAGEDEPOT_MAX_DOWNLOADS", "IMAGEDEPOT_OF_TOMORROW"]
    assert stored_settings(odd.path) == {}
    assert odd.view("IMAGEDEPOT_MAX_DOWNLOADS").source == "default"
