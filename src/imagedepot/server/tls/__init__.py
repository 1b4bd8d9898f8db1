"""TLS: a small authority, the certificate that is served, the listener."""
