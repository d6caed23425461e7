"""How bytes come and go: a folder for each HTTP library."""
