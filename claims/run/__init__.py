"""One run over claims: what it needs, trains and guards, and the results it ends with."""
