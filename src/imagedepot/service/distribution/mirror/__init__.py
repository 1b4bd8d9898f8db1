"""The mirror: keeps what upstreams sent, checks it now and then, and serves it while they are down."""
