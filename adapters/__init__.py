"""Adapters, each of which turns events into the payloads of one vendor's API."""
