"""Judging pages: decode the body within bounds, take out what a reader sees, judge it, take the harm out of it."""
