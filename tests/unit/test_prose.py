"""The rule of docstrings: a short first line, an imperative for what is called, plain words.

``python tests/unit/test_prose.py`` prints what breaks it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
HELD = ("claims", "reproductions", "reference_results")  # every docstring; of a test module its own alone
MOST_WORDS = 20
REPLACED = re.compile(r"\b(those of|be it|alike|fares?|tells)\b", re.IGNORECASE)
LITERAL = re.compile(r"``.*?``|`.*?`", re.DOTALL)  # a name in code is no prose
# A verb that is missing is added. Left out are verbs that most first lines mean as nouns, such as number, order and state.
VERBS = """
    accept accumulate add admit advance allow append apply arrange ask assemble assign begin bind bound bracket break build buy
    calibrate call carry cast change check choose clear clip close collect combine compare compile complete compute configure connect
    contradict convert copy count cover create cut cycle decide declare decode define delete derive describe detach detect divide
    download draw drop dump embed encode enumerate escape estimate evaluate exclude execute expand explain export extend extract fail
    fetch fill filter find fingerprint fit fold follow forget format free gather generate get give group guard hand hash hide hold
    identify ignore import index initialize insert install interpolate interrupt invert join judge keep label lay leave limit link list
    load locate look lower make map mark mask match measure merge move multiply name offer open pack pad parse pass permute pick plant
    predict prepare print produce prove put quote raise rank reach read rebuild recompute reconcile reduce refuse register release
    remember remove rename render repeat replace report reproduce rerun reset reshape resolve restore restrict resume retrieve return
    reverse rewrite round run save say scale schedule score select send separate serve set shorten show shuffle shut simulate skip solve
    sort spell split spread stack start step stop store strip substitute sum summarize swap switch take tell test tie trace train
    transform transpose trim truncate turn undo update use validate verify wait walk warn watch weigh wrap write yield
"""


def broken(file: Path) -> list[str]:
    """Say where a module breaks the rule, a line each."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if file.relative_to(ROOT).parts[0] in HELD else [tree]
    return [f"{getattr(node, 'name', 'the module')}: {why}" for node in nodes for why in _against(node)]


def _against(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) or (text := ast.get_docstring(node)) is None:
        return
    first, _, rest = text.partition("\n")
    if rest.strip() and rest[0] != "\n":
        yield f"the first sentence does not end in its line: {first}"
    if len(first.split()) > MOST_WORDS:
        yield f"the first line has {len(first.split())} words, more than {MOST_WORDS}: {first}"
    if isinstance(node, ast.FunctionDef) and not _is_property(node) and first.split()[0].rstrip(",:").lower() not in VERBS.split():
        yield f"the first word is no imperative that VERBS has: {first}"
    if found := REPLACED.search(LITERAL.sub("", text)):
        yield f"it says {found[0]!r}"


def _is_property(node: ast.FunctionDef) -> bool:
    return any(ast.unparse(decorator).rpartition(".")[2] in ("property", "cached_property") for decorator in node.decorator_list)


def modules() -> list[Path]:
    return sorted(file for folder in (*HELD, "tests") for file in (ROOT / folder).rglob("*.py"))


def findings() -> list[str]:
    """Say where any module breaks the rule, a line each."""
    return [f"{file.relative_to(ROOT).as_posix()}: {line}" for file in modules() for line in broken(file)]


def test_every_docstring_keeps_the_rule() -> None:
    assert len(modules()) > 300
    assert findings() == []


if __name__ == "__main__":
    print(*findings(), sep="\n")
