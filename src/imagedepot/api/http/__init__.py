"""HTTP: the guard, addresses, bodies, answers, failures."""
