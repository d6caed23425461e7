"""Speed and memory of the relay, its consumers and batches, each beside what it is compared with, in one run."""
