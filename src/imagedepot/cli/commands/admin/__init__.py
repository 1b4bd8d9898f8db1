"""Commands about the service: settings, users, tokens, catalogs, logins at registries."""
