"""How a registry lets us in: challenges, tokens, credentials."""
