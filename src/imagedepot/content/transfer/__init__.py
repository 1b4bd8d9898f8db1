"""Bytes on their way onto the disk: partial files, retries, pace, progress, ingest."""
