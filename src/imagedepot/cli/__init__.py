"""The command line."""

from gc import set_threshold

# A start makes a hundred thousand objects that all stay: looking for garbage among them would take 15 ms.
set_threshold(50_000)
