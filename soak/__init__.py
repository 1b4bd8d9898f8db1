"""Long runs against the real service: a crowd of connections, and whatever else takes minutes to show."""
