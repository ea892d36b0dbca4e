"""The report of a run: one model (``model``) that every format renders."""
