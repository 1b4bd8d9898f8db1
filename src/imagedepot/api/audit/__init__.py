"""The audit trail: what changes are called, and how it is read."""
