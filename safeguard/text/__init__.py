"""Judging plain text: normalise, look for phrases, score with the trained model, calibrate."""
