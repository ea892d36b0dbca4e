"""Mistakes in claims, each as one line for the author of the claims.

The line names the file, the line and the claim. It says what is wrong and what to do.
"""

from __future__ import annotations

import ast
import inspect
import re
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType

from claims.model import AuthorError, ClaimError
from claims.text import did_you_mean, one_line, place

_HERE = Path(__file__).resolve().parent
_OWN_PAPERS = _HERE / "papers"
_ENGINE = (_HERE, _HERE.parent / "reproductions", _HERE.parent / "reference_results")
_INSTALLED = tuple({Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "purelib", "platlib")})
_MISSING = re.compile(r"(?P<name>\w+)(?:\.__init__)?\(\) missing \d+ required .*?arguments?: (?P<names>.*)")
_UNEXPECTED = re.compile(r"(?P<name>\w+)(?:\.__init__)?\(\) got an unexpected keyword argument '(?P<argument>\w+)'")


@contextmanager
def in_one_line() -> Iterator[None]:
    """Raise whatever an author's code raises as an AuthorError.

    The error names the file, the line and, where there is one, the claim.
    """
    try:
        yield
    except AuthorError:
        raise
    except Exception as error:
        raise _located(error) from None


def _located(error: Exception) -> Exception:
    if isinstance(error, SyntaxError) and error.filename is not None:
        return AuthorError(f"{place(error.filename, error.lineno or 1)}: {error.msg}; correct it")
    frames = [(frame, line) for frame, line in _frames(error.__traceback__) if _is_authors(frame.f_code.co_filename)]
    what = _what(error, frames)
    if not frames:  # an error of this project's own, or a fault of it, which is to be seen whole
        return error
    innermost, line = frames[-1]
    claim_id = next((found for frame, at in reversed(frames) if (found := _claim_id(frame, at)) is not None), None)
    which = "" if claim_id is None else f", claim {claim_id!r}"
    return AuthorError(f"{place(innermost.f_code.co_filename, line)}{which}: {what.removeprefix(f'claim {claim_id!r}: ')}")


def _frames(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def _is_authors(file: str) -> bool:
    """Return whether an author of claims wrote the file.

    Files of Python, of installed packages and of this project are not the author's. The papers of this project are.
    """
    path = Path(file).resolve()
    if _OWN_PAPERS in path.parents:
        return path != _OWN_PAPERS / "__init__.py"
    return path.is_file() and not any(folder in path.parents for folder in (*_ENGINE, *_INSTALLED))


def _what(error: Exception, frames: Sequence[tuple[FrameType, int]]) -> str:
    """Put the error in words, with a remedy where one is known."""
    text = one_line(str(error))
    if isinstance(error, ClaimError):
        return text
    if isinstance(error, TypeError) and (missing := _MISSING.search(text)):
        names = missing["names"].replace("'", "`")
        return f"{missing['name']} lacks {names}; fill {'it' if names.count('`') == 2 else 'them'} in"
    if isinstance(error, TypeError) and (unexpected := _UNEXPECTED.search(text)):
        name, argument = unexpected["name"], unexpected["argument"]
        taken = _arguments(name, frames)
        known = f"it takes {', '.join(taken)}" if taken else "leave it out"
        return f"{name} takes no `{argument}`; {did_you_mean(argument, taken, known)}"
    if type(error).__module__.partition(".")[0] in ("claims", "reproductions", "reference_results"):
        return text
    return f"{type(error).__name__}: {text}; correct it" if text else f"{type(error).__name__}; correct it"


def _arguments(name: str, frames: Sequence[tuple[FrameType, int]]) -> list[str]:
    """Return the arguments of what the innermost frame calls ``name``.

    The list is empty where there is nothing of that name.
    """
    if not frames:
        return []
    frame = frames[-1][0]
    called = frame.f_locals.get(name, frame.f_globals.get(name))
    try:
        return [argument for argument in inspect.signature(called).parameters] if callable(called) else []
    except ValueError:
        return []


def _claim_id(frame: FrameType, line: int) -> str | None:
    """Return the id of the claim whose call spans ``line``.

    It is the ``id`` of the innermost such call, evaluated where the call stands. Returns None if there is none.
    """
    try:
        tree = ast.parse(Path(frame.f_code.co_filename).read_bytes())
    except (OSError, ValueError, SyntaxError):
        return None
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.lineno <= line <= (node.end_lineno or node.lineno)]
    for call in sorted(calls, key=lambda call: (call.end_lineno or 0) - call.lineno):
        for keyword in call.keywords:
            if keyword.arg == "id":
                try:
                    found = eval(compile(ast.Expression(keyword.value), "<id>", "eval"), frame.f_globals, frame.f_locals)
                except Exception:  # it cannot be known here; a call around this one may be
                    continue
                if isinstance(found, str):
                    return found
    return None
