"""Rows that outlive a restart: downloads, users, sessions, tokens, settings, what was pushed, the mirror."""
