"""What a piece of code reaches, read from syntax trees.

It reaches the functions, classes and constants that its names lead to, through imports. A definition is known by its content alone. Its
module, its place there, positions, comments and docstrings do not count. A name that leads to another definition counts as that
definition's name however it is imported, so that moving a definition changes nothing.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

PROJECT = "reproductions"
TABLE = "Table"  # the annotation of a dispatch table, reproductions.dispatch.Table


class ProvenanceError(ValueError):
    """Code that cannot be fingerprinted: a module or definition that is not there, or a file that does not parse."""


class Key(NamedTuple):
    """A definition by module and name.

    ``entry`` selects the entry of a dispatch table that has this key, as source text.
    """

    module: str
    name: str
    entry: str = ""


@dataclass(frozen=True)
class Definition:
    """What counts of a definition.

    It is its content, the definitions it refers to in their order, its texts, and the attributes it reads.
    """

    content: str
    refers: tuple[Key, ...]
    texts: frozenset[str]
    attributes: frozenset[str]


# --- Names ---

Target = str | Key | None  # a dotted name outside the project or of a module in it, a definition, or a local variable


class Module:
    """The definitions and imports of a source file, by name.

    ``rest`` are its other statements, which run when it is imported.
    """

    def __init__(self, name: str, tree: ast.Module, package: bool) -> None:
        self.name = name
        self.statements: dict[str, list[ast.stmt]] = {}
        self.imports: dict[str, Target] = {}
        self.rest: list[ast.stmt] = []
        self._package = name if package else name.rpartition(".")[0]
        for statement in _undocumented(tree):
            self._take(statement)

    def _take(self, statement: ast.stmt) -> None:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            self.imports |= self.imported(statement)
        elif names := list(_defined(statement)):
            for name in names:
                self.statements.setdefault(name, []).append(statement)
        elif isinstance(statement, ast.If) and ast.unparse(statement.test).endswith("TYPE_CHECKING"):
            for inner in statement.body:
                self._take(inner)
        else:
            self.rest.append(statement)

    def imported(self, statement: ast.Import | ast.ImportFrom) -> dict[str, Target]:
        """Return the names that an import binds, with where they lead."""
        if isinstance(statement, ast.Import):
            short = ((alias.asname or alias.name.partition(".")[0], alias) for alias in statement.names)
            return {name: alias.name if alias.asname else name for name, alias in short}
        above = self._package.rsplit(".", statement.level - 1)[0] if statement.level else ""
        origin = ".".join(part for part in (above, statement.module) if part)
        return {alias.asname or alias.name: f"{origin}.{alias.name}" for alias in statement.names}

    def leads_to(self, name: str) -> Target:
        """Resolve ``name`` at the top of this module.

        Returns None if the module does not bind it.
        """
        if name in self.statements:
            return Key(self.name, name)
        return located(target) if isinstance(target := self.imports.get(name), str) else None


@functools.cache
def located(dotted: str) -> Target:
    """Find the definition that a dotted name of the project leads to.

    A module, or a thing outside the project, gives the name itself. Raises ProvenanceError if the project has no such thing.
    """
    if dotted.partition(".")[0] != PROJECT or source(dotted) is not None:
        return dotted
    above, _, name = dotted.rpartition(".")
    target = located(above) if above else None
    if isinstance(target, Key):  # an attribute of a class
        return target
    found = module(target).leads_to(name) if target is not None and source(target) else None
    if found is None:
        raise ProvenanceError(f"{dotted} does not exist, and something that is fingerprinted names it; correct the name")
    return found


def source(name: str) -> Path | None:
    """Find the file of a module without importing its parent packages, which would load torch.

    Returns None if there is no such module.
    """
    top, *rest = name.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent.joinpath(*rest)
    return next((file for file in (path / "__init__.py", path.with_name(path.name + ".py")) if file.is_file()), None)


@functools.cache
def module(name: str) -> Module:
    path = source(name)
    if path is None:
        raise ProvenanceError(f"there is no module {name}, and something that is fingerprinted names it; correct the name")
    return Module(name, parsed(path), path.name == "__init__.py")


def parsed(path: Path) -> ast.Module:
    """Parse a file into its syntax tree.

    Raises ProvenanceError if it does not parse.
    """
    try:
        return ast.parse(path.read_bytes())
    except SyntaxError as error:
        raise ProvenanceError(f"{path} does not parse ({error.msg}, line {error.lineno}); correct it") from error


def canonical(node: Any) -> str:
    """Write a node as text."""
    if isinstance(node, list):
        return f"[{','.join(map(canonical, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        fields["body"] = _undocumented(node)
    # Empty fields are left out, so that a Python version that adds an optional field changes no fingerprint.
    kept = (f"{name}={canonical(value)}" for name, value in fields.items() if value is not None and value != [])
    return f"{type(node).__name__}({','.join(kept)})"


# --- Definitions ---


@functools.cache
def definition(key: Key) -> Definition:
    """Read the definition of ``key``, without the definitions that it refers to.

    Raises ProvenanceError.
    """
    own = module(key.module)
    table = table_of(key)
    if table is not None:
        return table[key.entry] if key.entry else Definition(key.name, (), frozenset(), frozenset())
    return _Reader(own).read([*own.statements[key.name], *own.rest])


@functools.cache
def table_of(key: Key) -> Mapping[str, Definition] | None:
    """Read the entries of a dispatch table, by the source text of their keys.

    Returns None if the definition is no dispatch table.
    """
    own = module(key.module)
    (statement, *more) = own.statements[key.name]
    if more or not isinstance(statement, ast.AnnAssign) or not isinstance(statement.value, ast.Dict):
        return None
    if not (isinstance(statement.annotation, ast.Subscript) and ast.unparse(statement.annotation.value).endswith(TABLE)):
        return None
    pairs = zip(statement.value.keys, statement.value.values, strict=True)
    return {ast.unparse(name): _Reader(own).read([name, value]) for name, value in pairs if name is not None}


def whole(path: Path, name: str, package: bool) -> Definition:
    """Read a file outside the project as one definition, for what it refers to in the project."""
    own = Module(name, parsed(path), package)
    tree = [*(statement for group in own.statements.values() for statement in group), *own.rest]
    own.statements = {}
    return _Reader(own).read(tree)


class _Reader:
    """A reader of one definition: it writes the canonical text and notes what is in it."""

    def __init__(self, own: Module) -> None:
        self._own = own
        self._refers: list[Key] = []
        self._texts: set[str] = set()
        self._attributes: set[str] = set()

    def read(self, nodes: Sequence[ast.AST]) -> Definition:
        text = self._text(list(nodes), {}, {})
        return Definition(
            hashlib.sha256(text.encode()).hexdigest(), tuple(self._refers), frozenset(self._texts), frozenset(self._attributes)
        )

    def _text(self, node: Any, here: Mapping[str, Target], inner: Mapping[str, Target]) -> str:
        """Write ``node`` as text.

        ``here`` are the local names of this scope. ``inner`` are the local names that a scope inside it sees.
        """
        if isinstance(node, list):
            return f"[{','.join([self._text(item, here, inner) for item in node])}]"
        if not isinstance(node, ast.AST):
            return repr(node)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            return "import"
        if isinstance(node, (ast.Name, ast.Attribute)) and (text := self._reference(node, here)) is not None:
            return text
        if isinstance(node, ast.Attribute):
            self._attributes.add(node.attr)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            self._texts.add(node.value)
        fields = dict(ast.iter_fields(node))
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            fields["body"] = _undocumented(node)
        if isinstance(node, ast.ClassDef):
            outer, here = here, {**inner, **self._bound(node.body)}
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            arguments = [argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)]
            outer, here = here, {**inner, **dict.fromkeys(arguments), **self._bound(fields["body"])}
            inner = here
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            outer = here
            here = {**here, **self._bound([generator.target for generator in node.generators])}
            inner = here
        else:
            outer = here
        around = ("decorator_list", "bases", "keywords", "returns", "args")  # written outside the scope that the node opens
        # Empty fields are left out, so that a Python version that adds an optional field changes no fingerprint.
        kept = (
            f"{name}={self._text(value, outer if name in around else here, inner)}"
            for name, value in fields.items()
            if value is not None and value != []
        )
        return f"{type(node).__name__}({','.join(kept)})"

    def _reference(self, node: ast.Name | ast.Attribute, here: Mapping[str, Target]) -> str | None:
        """Write a name, or names joined by dots, that leads out of this definition.

        Returns None if it does not lead out.
        """
        attributes: list[str] = []
        base: ast.expr = node
        while isinstance(base, ast.Attribute):
            attributes.insert(0, base.attr)
            base = base.value
        if not isinstance(base, ast.Name) or not isinstance(base.ctx, ast.Load):
            return None
        target = here[base.id] if base.id in here else self._own.leads_to(base.id)
        if target is None:
            return None
        if isinstance(target, str):
            target = located(target)
        while attributes and isinstance(target, str) and not attributes[0].startswith("__"):
            target = located(f"{target}.{attributes.pop(0)}")
        if isinstance(target, str):
            if target.partition(".")[0] == PROJECT:  # a module as a value: whatever it defines may be meant
                self._refers += [Key(target, name) for name in module(target).statements]
            return ".".join([target, *attributes])
        self._refers.append(target)
        self._attributes.update(attributes)
        return ".".join([f"@{target.name}", *attributes])

    def _bound(self, nodes: Any) -> dict[str, Target]:
        """Collect the names that statements bind in their own scope.

        A name that an import inside them binds comes with where it leads.
        """
        found: dict[str, Target] = {}
        elsewhere: set[str] = set()
        pending: list[Any] = list(nodes) if isinstance(nodes, list) else [nodes]
        while pending:
            node = pending.pop()
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                found |= self._own.imported(node)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found[node.name] = None
            elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
                found |= {sub.target.id: None for sub in ast.walk(node) if isinstance(sub, ast.NamedExpr)}
            elif isinstance(node, (ast.Global, ast.Nonlocal)):
                elsewhere.update(node.names)
            elif not isinstance(node, ast.Lambda):
                if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                    found[node.id] = None
                for name in ("name", "rest"):  # an exception, a pattern of match
                    if isinstance(bound := getattr(node, name, None), str):
                        found[bound] = None
                pending += ast.iter_child_nodes(node)
        return {name: target for name, target in found.items() if name not in elsewhere}


def _undocumented(node: Any) -> list[ast.stmt]:
    return node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body


def _defined(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement at the top of a module defines."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))


# --- Reaching ---


def reached(roots: Iterable[Key], texts: Iterable[str], unfollowed: frozenset[str]) -> frozenset[Key]:
    """Follow ``roots`` through every name in them, and return the definitions that they lead to.

    The modules ``unfollowed``, and what is in them, are left out. An entry of a dispatch table counts only if its key is among ``texts``,
    or is a class that is reached.
    """
    found: set[Key] = set()
    tables: set[Key] = set()
    known = {repr(text) for text in texts}
    pending = list(roots)
    while pending:
        while pending:
            key = pending.pop()
            if key in found or _within(key.module, unfollowed):
                continue
            found.add(key)
            if not key.entry and table_of(key) is not None:
                tables.add(key)
            else:
                pending += definition(key).refers
        named = known | {key.name for key in found}
        entries = (key._replace(entry=entry) for key in tables for entry in table_of(key) or () if entry in named)
        pending = [entry for entry in entries if entry not in found]
    return frozenset(found)


@functools.cache
def _within(name: str, packages: frozenset[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@functools.cache
def content(key: Key, unfollowed: frozenset[str]) -> str:
    """Compute a digest of what counts of a definition: its own content, and which definitions its names lead to.

    The latter count by their own contents.
    """
    own = definition(key)
    named = (other.name if _within(other.module, unfollowed) else definition(other).content for other in own.refers)
    return hashlib.sha256("\n".join([own.content, *named]).encode()).hexdigest()
