"""What a service manager is told: that the service is ready, alive, about to end (sd_notify(3))."""
