"""The database's clock: the clocks of nodes may differ by minutes, and no lease is measured by them."""

from __future__ import annotations

LEASE_SECONDS = 12.0
"""For how long what a node holds stays its own without a word from it."""
BEAT_SECONDS = 3.0
NOW = "(clock_timestamp() AT TIME ZONE 'UTC')"
UNTIL = f"({NOW} + interval '{LEASE_SECONDS} seconds')"
