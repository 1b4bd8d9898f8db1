"""The parts of a running service, each wired in a file of its own."""
