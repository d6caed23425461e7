"""The HTTP stacks that the clients run on, from the oldest that is allowed to one that only bears the name."""
