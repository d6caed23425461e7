"""The request that a command makes, and what goes over the wire, with credentials masked."""
