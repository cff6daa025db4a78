"""The console: what the filter does here, how to set a device up, and a place to try it."""
