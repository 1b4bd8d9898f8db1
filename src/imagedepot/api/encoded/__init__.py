"""Rows as ready bytes: encoded when they change, not when they are asked for."""
