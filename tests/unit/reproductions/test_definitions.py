"""A definition counts with what its names lead to.

What stands beside it, where it stands, and the words in it do not count.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from reproductions.store import definitions, fingerprint
from reproductions.store.definitions import Key, ProvenanceError

SOURCE = '''"""A module."""

GAIN = 0.5


class Cell:
    """A cell."""

    def step(self, x):
        """One step."""
        return self.scale * (x - GAIN) if x > 0 else None
'''
Code = Callable[..., dict[str, str]]


def forget() -> None:
    """Whatever this process remembers of sources: it reads each once."""
    for module in (definitions, fingerprint):
        for value in vars(module).values():
            if isinstance(value, functools._lru_cache_wrapper):
                value.cache_clear()


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Code:
    """Writes modules of a package that stands for the project, and gives the contents that the definition ``root`` reaches, by name."""
    package = tmp_path / "numerics_under_test"
    package.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(definitions, "PROJECT", package.name)

    def contents(root: str = "cells:Cell", *texts: str, **modules: str) -> dict[str, str]:
        for name, text in modules.items():
            (package / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        forget()
        module, _, name = root.partition(":")
        found = definitions.reached([Key(f"{package.name}.{module}", name)], texts, frozenset())
        return {key.entry or key.name: definitions.content(key, frozenset()) for key in found}

    contents(__init__="", cells=SOURCE)
    yield contents
    forget()


SAME = {
    "a comment": SOURCE.replace("GAIN = 0.5", "GAIN = 0.5  # why"),
    "the module's docstring": SOURCE.replace('"""A module."""', '"""Another word."""'),
    "no docstrings": SOURCE.replace('"""A module."""', "").replace('    """A cell."""\n', "").replace('        """One step."""\n', ""),
    "layout": SOURCE.replace("self.scale * (x - GAIN)", "(self.scale\n            * (x - GAIN))").replace("\n\n\n", "\n"),
    "the order": SOURCE.replace("GAIN = 0.5", "") + "\n\nGAIN = 0.5\n",
    "an import": SOURCE.replace("GAIN", "import json\nfrom math import x, step\n\nGAIN", 1),
    "a definition beside": SOURCE + "\n\ndef scale(x):\n    return GAIN * x\n\n\nclass Other(Cell):\n    pass\n",
    "a definition with a local name": SOURCE + "\n\nx = 3\n",
}
OTHER = {
    "a constant": SOURCE.replace("0.5", "0.25"),
    "its type": SOURCE.replace("0.5", "1").replace("GAIN = 1", "GAIN = 1.0"),
    "an operator": SOURCE.replace("x - GAIN", "x + GAIN"),
    "a comparison": SOURCE.replace("x > 0", "x >= 0"),
    "grouping": SOURCE.replace("self.scale * (x - GAIN)", "self.scale * x - GAIN"),
    "a name": SOURCE.replace("self.scale", "self.shift"),
    "a branch": SOURCE.replace("else None", "else 0"),
    "a string that is no docstring": SOURCE + '\n"x"\n',
    "what runs at import": SOURCE + "\nfor _ in range(2):\n    GAIN += 1\n",
    "a constant that changes": SOURCE + "\nGAIN += 1\n",
    "where a name comes from": "from math import pi as GAIN\n" + SOURCE.replace("GAIN = 0.5", ""),
}


@pytest.mark.parametrize("source", SAME.values(), ids=SAME.keys())
def test_a_change_of_words_and_of_what_stands_beside_keeps_the_contents(code: Code, source: str) -> None:
    assert source != SOURCE
    assert code(cells=SOURCE) == code(cells=source)


@pytest.mark.parametrize("source", OTHER.values(), ids=OTHER.keys())
def test_a_change_of_what_is_computed_changes_the_contents(code: Code, source: str) -> None:
    assert source != SOURCE
    assert set(code(cells=SOURCE).values()) != set(code(cells=source).values())


def test_an_integer_is_not_a_float(code: Code) -> None:
    assert code("cells:GAIN", cells="GAIN = 1") != code("cells:GAIN", cells="GAIN = 1.0")


USER = "def use(x):\n    return {call}(x) + {call}.__name__\n"
HELPER = "def help_out(x):\n    return x * LIMIT\n\n\nLIMIT = 3\n"
WAYS = {
    "in the same module": {"user": USER.format(call="help_out") + HELPER},
    "imported": {"user": "from numerics_under_test.helper import help_out\n" + USER.format(call="help_out"), "helper": HELPER},
    "under another name": {"user": "from numerics_under_test.helper import help_out as aid\n" + USER.format(call="aid"), "helper": HELPER},
    "through its module": {"user": "from numerics_under_test import helper\n" + USER.format(call="helper.help_out"), "helper": HELPER},
    "through the package": {
        "user": "import numerics_under_test.helper\n" + USER.format(call="numerics_under_test.helper.help_out"),
        "helper": HELPER,
    },
    "through a second module": {
        "user": "from numerics_under_test.between import aid\n" + USER.format(call="aid"),
        "between": "from numerics_under_test.helper import help_out as aid\n",
        "helper": HELPER,
    },
    "relative": {"user": "from .helper import help_out\n" + USER.format(call="help_out"), "helper": HELPER},
}


@pytest.mark.parametrize("modules", WAYS.values(), ids=WAYS.keys())
def test_a_definition_counts_the_same_wherever_it_stands_and_however_it_is_imported(code: Code, modules: dict[str, str]) -> None:
    found = code("user:use", **modules)
    assert found.keys() == {"use", "help_out", "LIMIT"}
    assert found == code("user:use", **WAYS["in the same module"])


FOLLOWED = {
    "a base class": "class Base:\n    pass\n\n\nclass Root(Base):\n    pass\n",
    "a decorator": "def Base(f):\n    return f\n\n\n@Base\ndef Root():\n    pass\n",
    "a default": "Base = 3\n\n\ndef Root(x=Base):\n    pass\n",
    "an import inside": "def Root():\n    from numerics_under_test.cells import Base\n    return Base\n\n\ndef Base():\n    pass\n",
    "a nested function": "Base = 3\n\n\ndef Root():\n    def inner():\n        return Base\n    return inner\n",
    "the first iterable of a comprehension": "Base = [3]\n\n\ndef Root():\n    return [x for x in Base]\n",
    "a global": "Base = 3\n\n\ndef Root():\n    global Base\n    Base = 4\n    return Base\n",
    "a method beside an attribute of its name": "Base = 3\n\n\nclass Root:\n    Base = 4\n\n    def f(self):\n        return Base\n",
    "a name beside a loop variable of a comprehension": "Base = 3\n\n\ndef Root():\n    return Base, [Base for Base in ()]\n",
    "a module as a value": "from numerics_under_test import other\n\n\ndef Root():\n    return vars(other)\n",
}
NOT_FOLLOWED = {
    "an argument": "Base = 3\n\n\ndef Root(Base):\n    return Base\n",
    "a local variable": "Base = 3\n\n\ndef Root():\n    for Base in (1, 2):\n        print(Base)\n",
    "a lambda's argument": "Base = 3\n\n\ndef Root():\n    return lambda Base: Base\n",
    "an exception": "Base = 3\n\n\ndef Root():\n    try:\n        pass\n    except ValueError as Base:\n        print(Base)\n",
    "an attribute": "Base = 3\n\n\ndef Root(x):\n    return x.Base\n",
    "a keyword": "Base = 3\n\n\ndef Root(x):\n    return x(Base=1)\n",
}


@pytest.mark.parametrize("source", FOLLOWED.values(), ids=FOLLOWED.keys())
def test_names_are_followed_wherever_they_stand(code: Code, source: str) -> None:
    assert code("cells:Root", cells=source, other="Base = 5\n").keys() == {"Root", "Base"}


@pytest.mark.parametrize("source", NOT_FOLLOWED.values(), ids=NOT_FOLLOWED.keys())
def test_a_name_that_is_local_leads_nowhere(code: Code, source: str) -> None:
    assert code("cells:Root", cells=source).keys() == {"Root"}


def test_which_of_two_definitions_of_one_name_is_meant_counts(code: Code) -> None:
    both = "from numerics_under_test import a, b\n\n\ndef Root(x):\n    return {}(x) - {}(x)\n"
    modules = {"a": "def f(x):\n    return x\n", "b": "def f(x):\n    return 2 * x\n"}
    first = code("cells:Root", cells=both.format("a.f", "b.f"), **modules)
    assert first["Root"] != code("cells:Root", cells=both.format("b.f", "a.f"), **modules)["Root"]


TABLE = """from reproductions.dispatch import Table

KINDS: Table[str, type] = {"one": One, "two": Two, Three: three}


class One:
    pass


class Two:
    pass


class Three:
    pass


def three():
    return 3


def build(name):
    return KINDS[name]()
"""


def test_of_a_table_count_the_entries_that_are_named(code: Code) -> None:
    assert code("cells:build", cells=TABLE).keys() == {"build", "KINDS"}
    assert code("cells:build", "two", "four").keys() == {"build", "KINDS", "'two'", "Two"}
    other = TABLE.replace('"two": Two,', '"zero": One, "two": Two,').replace("KINDS: Table", "# more\nKINDS: Table")
    assert code("cells:build", "two") == code("cells:build", "two", cells=other)
    assert code("cells:build", "two") != code("cells:build", "two", cells=TABLE.replace('"two": Two', '"two": One'))


def test_an_entry_for_a_class_counts_where_the_class_is_reached(code: Code) -> None:
    assert code("cells:Third", cells=TABLE + "\n\nclass Third(Three):\n    make = build\n").keys() == {
        "Third",
        "Three",
        "build",
        "KINDS",
        "three",
    }


def test_code_that_is_not_there_or_does_not_parse_is_named(code: Code) -> None:
    with pytest.raises(ProvenanceError, match=r"numerics_under_test\.cells\.missing does not exist"):
        code("user:use", user="from numerics_under_test import cells\n\n\ndef use():\n    return cells.missing\n")
    with pytest.raises(ProvenanceError, match=r"broken\.py does not parse .*line 1"):
        code("broken:f", broken="def (")
    with pytest.raises(ProvenanceError, match=r"there is no module numerics_under_test\.nothing"):
        code("nothing:f")


def test_the_content_of_a_definition_is_pinned_across_python_versions(code: Code) -> None:
    source = "import numpy as np\n\n\ndef f(a, *, b=None):\n    return f'{a}' + b[1:] + np.pi + g\n\n\ng = 1\n"
    assert code("cells:f", cells=source)["f"] == "616be851ab926b5bea83312ec84950743b10e92dfdcb66316b1de0c5380944a6"
