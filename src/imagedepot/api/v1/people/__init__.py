"""Who uses the service: sessions, users, access tokens."""
