"""What a run refuses of its options before anything is opened, in one line each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from claims import text
from claims.paper import Registry
from claims.report.folder import check_folder
from claims.report.model import ReportError
from claims.text import DurationError
from reproductions import kernel_choice
from reproductions.kernel_choice import KernelError
from reproductions.running.ray_cluster import ClusterError, check_installed

EXECUTORS = ("local", "ray")


class UsageError(ValueError):
    """Bad usage or input, in one line that names the thing and the remedy, control characters visible."""

    def __init__(self, message: str) -> None:
        super().__init__(text.one_line(message))


def check(option: Any, registry: Registry) -> None:
    """Refuse pytest's options, or a RIN_CLAIMS_KERNELS or RIN_CLAIMS_UPDATE, that name what does not exist.

    Raises UsageError. Nothing is opened or imported.
    """
    if option.claims_profile and option.claims_profile not in registry.profiles:
        raise UsageError(f"unknown profile {option.claims_profile!r} for --claims-profile; choose {', '.join(registry.profiles)}")
    if option.claims_inconclusive not in ("report", "fail"):
        raise UsageError(f"--claims-inconclusive takes report or fail, not {option.claims_inconclusive!r}")
    _check_executor(option)
    most = option.claims_seeds_max
    if most is not None and not (str(most).isdecimal() and int(most) >= 1):
        raise UsageError(f"--claims-seeds-max takes a whole number of at least 1, not {most!r}")
    try:
        check_folder(Path(option.claims_report))
        if option.claims_time_budget is not None:
            text.parse_duration(option.claims_time_budget, "--claims-time-budget")
        kernel_choice.requested()
        kernel_choice.requested_update()
    except (DurationError, KernelError, ReportError) as error:
        raise UsageError(str(error)) from error


def _check_executor(option: Any) -> None:
    if option.claims_executor not in EXECUTORS:
        raise UsageError(f"unknown executor {option.claims_executor!r} for --claims-executor; choose {' or '.join(EXECUTORS)}")
    if option.claims_executor == "ray":
        if getattr(option, "numprocesses", None):
            raise UsageError("--claims-executor=ray trains on the cluster, whatever -n is; leave -n out")
        try:
            check_installed()
        except ClusterError as error:
            raise UsageError(f"--claims-executor=ray: {error}") from error
