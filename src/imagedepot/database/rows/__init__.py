"""The rows of each concern, a table or two a file."""
