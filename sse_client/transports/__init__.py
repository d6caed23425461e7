"""The transports, a folder for each HTTP library: they send requests and read bodies."""
