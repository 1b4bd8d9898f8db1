"""What a service has beside what every command has."""
