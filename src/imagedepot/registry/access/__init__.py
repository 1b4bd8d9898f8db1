"""Who asks at `/v2/`: logins, tokens, private repositories."""
