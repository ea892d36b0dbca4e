"""Networks, tasks and trainings, and the store of their outcomes.

PYTEST_DONT_REWRITE: `rin-claims run` has imported this package when pytest would rewrite its assertions.
"""
