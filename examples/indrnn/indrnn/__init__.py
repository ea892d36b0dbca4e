"""An independently recurrent neural network and what is measured of it. A change in this package makes stored measurements stale."""
