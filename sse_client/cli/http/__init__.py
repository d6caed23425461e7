"""What is asked of a server, and what goes over the wire; credentials are kept out of sight here."""
