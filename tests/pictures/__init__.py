"""The pictures of the pages: a diagram from the code's own table, and terminals with real output."""
