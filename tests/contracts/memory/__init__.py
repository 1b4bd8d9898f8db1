"""Implementations of the seams in memory: what passes a contract suite, and is quick to make."""
