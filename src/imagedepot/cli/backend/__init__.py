"""What commands talk to: the running service, or the parts in this process."""
