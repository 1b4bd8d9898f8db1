"""An OpenID Connect provider, whose client we are."""
