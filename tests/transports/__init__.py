"""How bytes come and go, with each HTTP library."""
