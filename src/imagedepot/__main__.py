"""The program's first line: `imagedepot`, and `python -m imagedepot`."""

import os
import sys


def main() -> None:
    """The command line. A Ctrl-C while Python still reads its modules is no failure to show a traceback for."""
    try:
        from imagedepot.cli.main import main as command_line  # late: this is what takes long

        command_line()
    except KeyboardInterrupt:
        sys.stderr.write("imagedepot: interrupted\n")
        os._exit(130)


if __name__ == "__main__":
    main()
