"""What monitors ask: whether the service is alive, whether it is ready, and its figures."""
