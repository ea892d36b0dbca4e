"""The store of outcomes, and what makes an outcome trustworthy: the code, the machine and the software it came from."""
