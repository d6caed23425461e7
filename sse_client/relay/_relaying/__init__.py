"""The hosts of a relay: the leader, which holds the lease, reads the feed and writes its events with the checkpoint."""
