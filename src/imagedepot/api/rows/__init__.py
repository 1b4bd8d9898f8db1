"""The dialect of `/api/v1`: what this project knows, as the rows that its clients read (`docs/api.md`).

Pure functions from model to dict, free of any web framework: the command line shows the same rows.
"""
