"""Updates: what upstreams have that is newer, and the rules by which it comes here."""
