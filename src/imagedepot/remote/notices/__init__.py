"""Sends messages to receivers of notifications: one file for each kind of them."""
