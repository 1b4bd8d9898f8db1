"""Rows that outlive a restart: downloads, users, sessions, settings."""
