"""Adapters from events to the payloads of one vendor's API."""
