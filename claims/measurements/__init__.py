"""From outcomes to the numbers that a prediction speaks of, and the lines that a reader can check them by."""
