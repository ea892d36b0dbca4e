"""From outcomes to a Result: which seeds a claim needs, look by look, and what they say of it alone and in its family."""
