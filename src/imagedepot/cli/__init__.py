"""The command line."""

from gc import set_threshold

# A start makes objects by the hundred thousand, and they all stay: to look for garbage among them takes 15 ms.
set_threshold(50_000)
