"""Who uses the service, on the wire: sessions, users, access tokens."""
