"""The service as a process: sockets, signals, shutdown, logging."""
