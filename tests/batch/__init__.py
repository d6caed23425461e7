"""Tests of batches of chats: alone, with Dask, and with Ray where it is installed."""
