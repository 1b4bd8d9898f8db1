"""Who may do what: roles, scopes, logins."""
