"""The smallest effects of interest of claims that print no size, with their reasons.

They come from the words of the paper, its figures and what a metric means, and from no result.
"""

from __future__ import annotations

SMALLEST_GAP = 1.0  # points of accuracy
WHY_SMALLEST_GAP = (
    "less than a point of accuracy, about half of the smallest printed gap (1.74) that the paper calls outperforming, is no difference"
)

SAME_LEVEL = 0.5  # decades of MSE
WHY_SAME_LEVEL = "Fig. 2 has a logarithmic axis ticked in decades; less than half a decade cannot be told apart between two ticks"

ROSE_ONCE = 0.1  # decades of training loss
WHY_ROSE_ONCE = (
    "instability is said without a number; that the loss rises by a quarter once more in a whole training, 0.1 decades, is the least of it"
)
DOUBLED = 0.3  # decades of training loss
WHY_DOUBLED = "much more unstable is that the loss doubles at least once more in a whole training, 0.3 decades"

A_TENTH_MORE = 1.1  # times the updates
WHY_A_TENTH = (
    "faster is said without a number; less than a tenth more updates is hardly seen on the linear axis of updates that such curves have"
)

ONE_PER_CENT = 0.0043  # decades of loss: log10(1.01)
WHY_ONE_PER_CENT = "a mean loss lower by less than one per cent is no lead, since the paper prints its losses to three digits (0.167)"
