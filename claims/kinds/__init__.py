"""The kinds of prediction."""
