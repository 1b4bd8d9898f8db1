"""Backups of a data folder: one tar file each, made while the service runs, and put back as a whole or not at all."""
