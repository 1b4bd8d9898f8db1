"""Stores in our own data folder: no daemon, no root."""
