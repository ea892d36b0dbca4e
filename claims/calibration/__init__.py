"""How often verdicts are false, by simulation of claims whose truth is known."""
