"""Messages to the service manager: ready, alive, about to end (sd_notify(3))."""
