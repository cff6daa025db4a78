"""What is remembered: today counters only, in memory."""
