"""How a group of consumers shares the partitions of a stream: what is read, tried again, buried, or handed back."""
