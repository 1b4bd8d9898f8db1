"""Access: users, sessions, passwords, throttled logins."""
