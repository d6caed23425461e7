"""Recordings served again, with faults; and two recordings compared."""
