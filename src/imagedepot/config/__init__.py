"""Settings: their table, where their values come from, and the frozen result that the composition root reads.

    values.py    text of one setting -> its value, or the reason why not
    table.py     every setting: name, default, meaning, whether it can change at run time
    settings.py  `Settings`, which remembers where each value came from
    load.py      flag > environment > run time > file > default

Only the standard library, `errors` and `model` are imported here, because every command of the command line passes
through; the check of the proxies is one more, where there are any.
"""

from imagedepot.config.load import load
from imagedepot.config.settings import SettingRow, Settings, Source
from imagedepot.config.table import BY_KEY, BY_NAME, SETTINGS, Setting
from imagedepot.config.values import Address

__all__ = ["BY_KEY", "BY_NAME", "SETTINGS", "Address", "Setting", "SettingRow", "Settings", "Source", "load"]
