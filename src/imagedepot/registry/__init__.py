"""The registry face: `/v2/` as the OCI distribution specification has it."""
