"""Hosts that die, on one machine: network namespaces, real Redis, real Dask and Ray workers. `python -m cluster`."""
