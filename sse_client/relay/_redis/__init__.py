"""What relays and consumers ask of Redis: a connection that fails fast, the names of keys, and when to try again."""
