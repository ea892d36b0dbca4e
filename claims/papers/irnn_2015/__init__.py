"""Claims of the IRNN paper, by its review."""
