"""Planted faults: small declared changes to cell, kernel, data, training or measurement that the claims or the guards must notice.

``FAULTS`` is the whole list; ``Fault.plant`` makes one of them and takes it back. ``reproductions.guards`` and the claims look for them.
"""

from __future__ import annotations

from reproductions.faults.fault import Fault
from reproductions.faults.in_cells import CELL_FAULTS
from reproductions.faults.in_data import DATA_FAULTS
from reproductions.faults.in_kernels import KERNEL_FAULTS
from reproductions.faults.in_measurement import MEASUREMENT_FAULTS
from reproductions.faults.in_steps import STEP_FAULTS
from reproductions.faults.in_training import TRAINING_FAULTS

__all__ = ["FAULTS", "Fault"]

FAULTS: tuple[Fault, ...] = (*CELL_FAULTS, *KERNEL_FAULTS, *DATA_FAULTS, *STEP_FAULTS, *TRAINING_FAULTS, *MEASUREMENT_FAULTS)
