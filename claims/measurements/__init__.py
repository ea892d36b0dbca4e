"""From outcomes to the numbers that a prediction is about, and the lines that a reader can check them by."""
