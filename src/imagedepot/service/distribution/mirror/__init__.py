"""The mirror: what upstreams gave is kept, checked now and then, and served while they are away."""
