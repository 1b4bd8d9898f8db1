"""Events that people may be notified of, and the channels of notifications."""
