"""Judging pictures; needs the extra ``image``."""
