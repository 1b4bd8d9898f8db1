"""`python -m imagedepot` is `imagedepot`."""

from imagedepot.cli.main import main

if __name__ == "__main__":
    main()
