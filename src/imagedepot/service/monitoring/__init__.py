"""The service's own health and work, for monitoring."""
