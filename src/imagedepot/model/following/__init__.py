"""Following an image: what its upstream said last, rules, versions, windows of time."""
