"""Event streams through proxies by others, which the tests install and start."""
