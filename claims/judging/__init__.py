"""From outcomes to a Result: the seeds that a claim needs, look by look, and its verdict.

The verdict is given for the claim alone and in its family.
"""
