"""Serves recordings again, with faults, and compares two of them."""
