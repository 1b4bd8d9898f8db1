"""The line of downloads: who is at work, who waits, and how each ended."""
