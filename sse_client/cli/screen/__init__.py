"""Output on a terminal or into a pipe."""
