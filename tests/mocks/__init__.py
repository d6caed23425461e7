"""Both clients under the libraries that projects mock HTTP with."""
