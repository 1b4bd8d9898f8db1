"""How texts, JSON, times and lengths of time are read and written."""
