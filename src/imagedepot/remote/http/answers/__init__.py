"""Answers of upstreams: bodies, ranges, encodings."""
