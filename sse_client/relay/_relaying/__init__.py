"""How hosts relay a feed: one holds the lease, reads, and writes each event together with its place."""
