"""Consumer groups: who owns a partition, and which entries are read, retried, made dead letters, or given back."""
