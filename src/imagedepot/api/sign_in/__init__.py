"""Signing in by something else than a password of this service."""
