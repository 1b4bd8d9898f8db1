"""One HTTP client for every upstream: connections, ranges, redirects, addresses, failures."""
