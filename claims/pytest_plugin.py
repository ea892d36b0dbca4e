"""The pytest plugin: options, markers, one test a claim, shared trials, and the report at the end.

A test takes the fixture ``judge`` and calls it with its claim. ``parametrize(CLAIMS)`` makes one test for each claim with the claim's id.
The repository's conftest.py names its papers or claims through the hooks of ``claims.hookspec``. The trials are shared between workers.
"""

from __future__ import annotations

import dataclasses
import functools
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from claims import encodings, hookspec, text
from claims.authoring import in_one_line
from claims.judging.judge import Expected
from claims.model import Claim
from claims.paper import Registry, bare_papers, registry_of
from claims.protocol import MARKERS, Marker
from claims.report.drift import lines as drift_lines
from claims.report.formats.terminal import coloured
from claims.run.crashes import Crashes
from claims.run.interrupts import Interrupts
from claims.run.opening_lines import opening_lines
from claims.run.progress import RunProgress
from claims.run.session import KNOWN_ERRORS, ClaimsRun
from claims.run.signatures import check_measurements
from claims.run.test_outcomes import VERDICT, conclude, judges_claims, properties, said
from claims.run.usage import UsageError, add_options, check
from reference_results import expected_verdicts
from reproductions.running.deadline import Deadline
from reproductions.running.process import cores

Judge = Callable[[Claim], None]  # the type of the fixture `judge`
PLANNED = pytest.StashKey[ClaimsRun]()  # the run that looked whether anything is to be trained
DEADLINE = "claims deadline"  # the input that carries the end of the time budget from the controller to a worker


def parametrize(claims: Iterable[Claim]) -> pytest.MarkDecorator:
    """Make one test for each claim, with the claim's id.

    When the test is collected it gets the markers of the profiles that run the claim.
    """
    return pytest.mark.parametrize("claim", [pytest.param(claim, id=claim.id) for claim in claims])


def markers(claim: Claim) -> tuple[Marker, ...]:
    """Return the markers of the profiles that run ``claim``."""
    ran_by = {profile.marker for profile in claim.protocol.profiles if profile.name in claim.profiles}
    return tuple(marker for marker in MARKERS if marker in ran_by)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(hookspec)


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Use every core for a claims run that may train, unless it is told how many workers to take."""
    option = config.option
    # a worker is a pytest of its own with the same arguments: it must not start workers
    told = hasattr(config, "workerinput") or getattr(option, "numprocesses", 0) is not None or option.dist != "no"
    if option.markexpr not in ("smoke", "full") or option.collectonly or told or option.claims_executor != "local":
        return
    if (workers := cores()) > 1 and _may_train(config):
        # xdist reads both options after this hook
        option.numprocesses, option.dist = workers, "worksteal"


def _may_train(config: pytest.Config) -> bool:
    """Say whether a claim of the repository needs a trial that the store lacks.

    Returns True where that is not known yet. A run that trains nothing is over before a worker has started.
    """
    try:
        if not (registry := _papers(config)).papers:  # what is collected will say which claims there are
            return True
        run = ClaimsRun.of(config.option, registry, root=config.rootpath)
        run.plan(registry.claims)
        config.stash[PLANNED] = run
        return bool(run.lacking())
    except (UsageError, *KNOWN_ERRORS):  # the session says it when it starts
        return True


def _papers(config: pytest.Config) -> Registry:
    """Return the papers that the repository names. Raises ClaimError."""
    return registry_of(config.hook.pytest_claims_papers, config.hook.pytest_claims_registry)


def pytest_configure(config: pytest.Config) -> None:
    encodings.make_readable(sys.stdout)  # pytest's own remedy is escapes, for line ends too: a table becomes one line
    config.addinivalue_line(
        "markers", "smoke: a claim that a small profile runs (minutes on two cores, data that comes with the installation)"
    )
    config.addinivalue_line("markers", "full: a claim that a larger profile runs")
    config.pluginmanager.register(Claims(config), "claims-session")
    config.pluginmanager.register(Crashes(), "claims-crashes")


class Claims:
    """One pytest session: a worker's judge, or the controller's gathering and report."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.is_worker = hasattr(config, "workerinput")
        self.collected: list[Claim] = []
        self.judged: set[str] = set()  # ids of the claims that got a verdict, in the controller
        self.selected: dict[str, None] = {}  # ids of the claims whose tests the session has
        self.not_run: dict[str, str] = {}  # claim id -> why its test ended without one
        self._alone = Registry()  # of the collected claims
        self._run: ClaimsRun | None = None
        self._progress: RunProgress | None = None
        self._summary: tuple[str, ...] = ()
        self._interrupts = Interrupts()
        self._workers: list[Any] = []  # the controller's nodes of xdist
        self._ended = ""  # why the run ended before its last test

    @property
    def run(self) -> ClaimsRun:
        """The session's profile, store and executor, opened when the first claim needs them.

        Bad usage ends the session with exit code 2.
        """
        if self._run is None:
            try:
                planned = self.config.stash.get(PLANNED, None)  # it has read the store already
                self._run = planned or ClaimsRun.of(self.config.option, self.registry(), root=self.config.rootpath)
                self._run.expected = self.expected
            except UsageError as error:
                pytest.exit(str(error), returncode=2)
        return self._run

    def pytest_sessionstart(self) -> None:
        """Refuse bad usage, a malformed claim or a malformed reference table in one line.

        The session ends before tests or workers meet the fault.
        """
        option = self.config.option
        if not option.collectonly:
            self._interrupts.heed()
        try:
            registry = self.registry()
            check(option, registry)
            check_measurements(registry.claims)
            _ = self.expected
        except (UsageError, *KNOWN_ERRORS) as error:
            pytest.exit(text.one_line(str(error)), returncode=2)
        if option.markexpr in ("smoke", "full") and not option.collectonly:
            _ = self.run  # opened here, because an exit of a worker reaches the terminal as a crash
        if option.claims_time_budget is not None and not option.collectonly:
            self._begin_budget(option.claims_time_budget)

    def pytest_report_header(self) -> list[str]:
        """Say in the first lines of a full run which profile it takes, why, and what that will take."""
        option = self.config.option
        full = option.markexpr == "full" and not (option.collectonly or self.is_worker)
        return opening_lines(self.run, self.registry().claims, option) if full else []

    def _begin_budget(self, budget: str) -> None:
        if self.is_worker:
            self.run.stop_at(Deadline(**self.config.workerinput[DEADLINE]))  # type: ignore[attr-defined]
            return
        try:
            self.run.begin_budget(text.parse_duration(budget, "--claims-time-budget"), self.registry().claims)
        except UsageError as error:
            pytest.exit(str(error), returncode=2)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give the worker that xdist is about to start the deadline of this controller."""
        self._workers.append(node)
        if self.config.option.claims_time_budget is not None:
            assert self.run.deadline is not None
            node.workerinput[DEADLINE] = dataclasses.asdict(self.run.deadline)

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Give the test of a claim its markers."""
        if (claim := _claim(item)) is not None:
            # only here, because the claim has its profiles from its paper
            for marker in markers(self.bound(claim)):
                item.add_marker(marker)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.collected = [self.bound(claim) for item in session.items if (claim := _claim(item)) is not None]
        self._alone = Registry(bare_papers(self.collected), whole=False)
        if self.collected and not self.config.option.collectonly:
            self.run.plan(self.collected)
            if not self.is_worker:
                self._watch([claim.id for claim in self.collected])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:
        """Watch the claims that a worker has collected; the controller collects none itself."""
        if self._progress is None:
            judging = {path for path in {_path(item) for item in ids} if judges_claims(self.config.rootpath / path)}
            self._watch(_claim_id(item) for item in ids if _path(item) in judging)

    def _watch(self, claim_ids: Iterable[str]) -> None:
        known = self.registry().by_id
        watched = [known[claim_id] for claim_id in claim_ids if claim_id in known]
        if watched:
            self.selected |= dict.fromkeys(claim.id for claim in watched)
            self.run.plan(watched)
            self.run.guard(beside=not self.collected)  # a controller collects nothing and trains nothing
            self._progress = RunProgress(self.run.store, self.run.trials, self.config.get_terminal_writer(), self.run.lacking)
            self._progress.start()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Train for the whole run before the first test, so that no test is charged with what others need."""
        if self.collected and not self.config.option.collectonly:
            if self.is_worker:
                self._interrupts.be_killed()  # nothing is set up yet that wants an ending, and pytest's takes seconds
            writer = self.config.get_terminal_writer()
            self.run.say = lambda line: writer.line("\n" + text.visible(line))
            try:
                self.run.train()
            except UsageError as error:
                pytest.exit(str(error), returncode=2)
            self._interrupts.heed()

    def registry(self) -> Registry:
        """Return the papers of the repository, or papers of the collected claims if it names none.

        Raises ClaimError.
        """
        return self._named if self._named.papers else self._alone

    @functools.cached_property
    def _named(self) -> Registry:
        return _papers(self.config)

    def bound(self, claim: Claim) -> Claim:
        """Return ``claim`` as its paper has it, with the paper's profiles."""
        return self._named.by_id.get(claim.id, claim)

    @functools.cached_property
    def expected(self) -> Expected:
        """The recorded verdicts of the repository that is tested. Raises ClaimError or ReferenceDataError."""
        with in_one_line():
            table = self.config.hook.pytest_claims_expected_verdicts()
        return {} if table is None else expected_verdicts(table, {claim.id: claim.protocol.names for claim in self.registry().claims})

    @pytest.fixture
    def judge(self, request: pytest.FixtureRequest) -> Judge:
        """Return the function that judges a claim.

        It trains what is missing, attaches verdict and evidence to the test, and maps the verdict to the test's outcome.
        """

        def judge(claim: Claim) -> None:
            try:
                result = self.run.judge(self.bound(claim))
            except UsageError as error:
                raise pytest.fail.Exception(str(error), pytrace=False) from None  # or pytest prints the line twice
            request.node.user_properties.extend(properties(result))
            conclude(result, self.config.option.claims_inconclusive)

        return judge

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the verdict of a claim's test, or why the test ended without one.

        The test may end in its set-up, in its call, or with its worker.
        """
        properties = dict(report.user_properties)
        if properties.get(VERDICT) == "not run":
            self.not_run[str(properties["claim"])] = str(properties["reason"])
        elif VERDICT in properties:
            self.judged.add(str(properties["claim"]))
        elif not report.passed and (claim_id := _claim_id(report.nodeid)) in self.registry().by_id:
            self.not_run[claim_id] = f"ended {'with an error' if report.failed else 'without a verdict'}: {said(report.longrepr)}"

    def pytest_report_teststatus(self, report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
        called = isinstance(report, pytest.TestReport) and report.when == "call" and not report.failed
        if called and dict(report.user_properties).get(VERDICT) == "inconclusive":
            return "inconclusive", "i", "INCONCLUSIVE"
        return None

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Stop all processes of an interrupted run now, undisturbed by the next signal."""
        self._ended = str(excinfo.value) or "interrupted"
        if self._ended == "interrupted":  # and not xdist's end of -x, which has a message
            self._interrupts.pass_over()
            for node in self._workers:
                # a signal may have reached this process alone; without this a worker would go on for five seconds
                if (process := getattr(getattr(node.gateway, "_io", None), "popen", None)) is not None:
                    process.terminate()

    def pytest_unconfigure(self) -> None:
        if self._ended == "interrupted":
            self._interrupts.come_down()
        elif not self.is_worker:  # a worker ends with its session
            self._interrupts.give_back()

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """Write the report, in the controller; exit code 2 where it cannot be written.

        The controller judges the run's claims once more from the store.
        """
        try:
            yield
        except KeyboardInterrupt:
            self._ended, session.exitstatus = "interrupted", pytest.ExitCode.INTERRUPTED
        if self._progress is not None:
            self._progress.stop()
        if self.is_worker:
            self._interrupts.pass_over()  # execnet interrupts a worker that takes seconds to end
        if self.is_worker or not (self.judged or self.not_run or self.selected):
            return
        self._ended = self._ended or str(session.shouldfail or session.shouldstop or "")
        folder = Path(self.config.option.claims_report)
        if not (self.judged or self.not_run):
            older = f"; what is in {folder} is of an earlier run" if folder.exists() else ""
            self._summary = (f"no report: the run ended before a claim was judged{older}", *self._left())
            return
        unreached = [claim_id for claim_id in self.selected if claim_id not in self.judged and claim_id not in self.not_run]
        self.not_run |= dict.fromkeys(unreached, text.one_line(f"the run ended before its test: {self._ended}"))
        try:
            self._interrupts.heed()
            columns = self.config.get_terminal_writer().fullwidth
            table, written, remarks = self.run.report(self.registry(), self.judged, self.not_run, folder, self._notes(), columns)
            guards = self.run.guards
            verdict = (f"guards: {guards.outcome}", *map(str, guards.alarms)) if guards.ran else ()
            drift, fail = self.run.drift.of(self.judged), self.config.option.claims_drift == "fail"
            compared = drift_lines(drift, fail)
            self._summary = (table, *verdict, *compared, *self._without_verdict(), *remarks, *self._left(), f"report: {written}")
            failed = guards.alarms or (fail and drift.drifted)
            if failed and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
                session.exitstatus = pytest.ExitCode.TESTS_FAILED  # 1
            if drift.refused:
                session.exitstatus = pytest.ExitCode.INTERRUPTED  # 2
        except UsageError as error:
            self._summary = (f"no report: {error}",)
            session.exitstatus = pytest.ExitCode.INTERRUPTED  # 2
        except KeyboardInterrupt:
            self._ended = "interrupted"
            self._summary = (f"no report: interrupted while it was made; what is in {folder} may be of an earlier run", *self._left())
            session.exitstatus = pytest.ExitCode.INTERRUPTED
        finally:
            self._interrupts.pass_over()

    def _notes(self) -> Iterator[str]:
        if self._ended:
            missing, claims = len(self.selected.keys() - self.judged), text.plural(len(self.selected), "claim")
            yield f"The run ended early ({text.one_line(self._ended)}): {missing} of its {claims} got no verdict."

    def _without_verdict(self) -> Iterator[str]:
        """Name in one line the claims whose tests ended without a verdict though nothing kept them from being run."""
        lost = [claim_id for claim_id, why in self.not_run.items() if why.startswith(("ended ", "the run ended "))]
        if lost:
            more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
            yield f"{text.plural(len(lost), 'claim')} ended without a verdict: {', '.join(lost[:3])}{more}"

    def _left(self) -> Iterator[str]:
        """Say what an interruption or a time budget left undone, what is kept, and which command goes on.

        Yields nothing if nothing is left.
        """
        command = shlex.join(["pytest", *map(str, self.config.invocation_params.args)])
        if self._ended == "interrupted":
            yield from self.run.kept()
            yield f"continue with: {command}"
        elif left := self.run.left():
            yield f"time budget {self.config.option.claims_time_budget}: {left}; continue with: {command}"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the claims-vs-results table, what the store set aside, and where the report is."""
        if self._summary:
            terminalreporter.section(f"claims against results, profile {self.run.profile}")
            for line in "\n".join(self._summary).split("\n"):
                terminalreporter.write_line(coloured(text.visible(line), self.config.get_terminal_writer().markup))


def _path(item: str) -> str:
    return item.partition("::")[0]


def _claim_id(node_id: str) -> str:
    """Return the claim in "path::test[claim]"; "" for a test that is not about one claim."""
    return node_id.partition("[")[2].removesuffix("]")


def _claim(item: pytest.Item) -> Claim | None:
    if "judge" not in getattr(item, "fixturenames", ()):  # an ordinary test about a claim
        return None
    claim = getattr(item, "callspec", None) and item.callspec.params.get("claim")  # type: ignore[attr-defined]
    return claim if isinstance(claim, Claim) else None
