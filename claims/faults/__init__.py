"""The check whether a planted fault changes a verdict or raises a guard."""
