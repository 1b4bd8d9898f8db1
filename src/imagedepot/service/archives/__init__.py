"""Images that come as files."""
