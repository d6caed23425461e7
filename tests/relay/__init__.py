"""Tests of the relay and its consumers, against servers of Redis that the tests start themselves."""
