"""Event streams of servers by others, which the tests install and start."""
