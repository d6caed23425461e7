"""The comparisons: one module each, with `run(effort) -> Result`."""
