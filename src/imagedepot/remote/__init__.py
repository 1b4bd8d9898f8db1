"""We are the client of somebody's server."""
