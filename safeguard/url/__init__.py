"""Judging addresses: normalise, look up, read the words in them."""
