"""The program's first line: `imagedepot`, and `python -m imagedepot`."""

import gc
import os
import sys

_YOUNG = 100_000
"""Objects that are made before Python looks for garbage among them: what modules make as they load is none."""


def main() -> None:
    """The command line. A Ctrl-C while Python still reads its modules is no failure to show a traceback for."""
    gc.set_threshold(_YOUNG)
    try:
        from imagedepot.cli.main import main as command_line  # late: this is what takes long

        command_line()
    except KeyboardInterrupt:
        sys.stderr.write("imagedepot: interrupted\n")
        os._exit(130)


if __name__ == "__main__":
    main()
