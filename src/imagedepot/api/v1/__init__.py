"""The dialect of `/api/v1`: one file of handlers for each resource, and the table of its operations."""
