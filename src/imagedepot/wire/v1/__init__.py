"""The objects of `/api/v1` (`docs/api.md`), one file for each resource, named as in `api/v1`."""
