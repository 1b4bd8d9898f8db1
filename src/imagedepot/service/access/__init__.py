"""Who may do what: users, sessions, passwords, throttled logins."""
