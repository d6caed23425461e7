"""End-to-end tests of the blocking client, against servers that are scripted byte by byte."""
