"""Claims of the RIN paper."""
