"""What relays and consumers share about Redis: connections that fail fast, key names, and when to retry."""
