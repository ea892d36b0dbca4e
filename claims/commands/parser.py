"""argparse's parser as ``rin-claims`` wants it: errors of one line, help that ends with examples.

An error names what may have been meant.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from typing import Any, NoReturn

from claims.commands.terminal import in_brief
from claims.text import did_you_mean


class OneLineParser(argparse.ArgumentParser):
    """A parser, which makes the parsers of its sub-commands too.

    ``examples`` are command lines to show at the end of its help, in which {claim}, {section} and {pattern} stand for names of the
    repository. ``elsewhere`` says where an option that this command lacks belongs.
    """

    def __init__(self, *, examples: Sequence[str] = (), elsewhere: str = "", **options: Any) -> None:
        super().__init__(formatter_class=Help, **options)
        self.examples = tuple(examples)
        self.elsewhere = elsewhere

    def format_help(self) -> str:
        """Write argparse's help, with the examples at the end."""
        if self.examples:
            examples = _filled(self.examples) if any("{" in example for example in self.examples) else self.examples
            self.epilog = "\n  ".join(("examples:" if len(examples) > 1 else "example:", *examples))
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        then = " see" if message.endswith("?") else "; see"
        self.exit(2, f"{self.prog}: error: {in_brief(message)}{then} `{self.prog} --help`\n")

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> tuple[Any, list[str]]:  # type: ignore[override]
        """Parse as argparse does, and refuse unknown arguments.

        The command that an unknown argument was given to refuses it, because that command knows the options that may be meant.
        """
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}{self._meant(unknown)}")
        return known, unknown

    def _meant(self, unknown: Sequence[str]) -> str:
        option = next((word.partition("=")[0] for word in unknown if word.startswith("-") and word != "--"), "")
        known = [name for action in self._actions for name in action.option_strings if name.startswith("--")]
        near = did_you_mean(option, known, self.elsewhere) if option.startswith("--") else self.elsewhere
        return f"; {near}" if near and (option or "--" in unknown) else ""

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            names = [str(choice) for choice in action.choices]
            near = did_you_mean(str(value), names, f"known: {', '.join(names)}")
            raise argparse.ArgumentError(action, f"invalid choice: {value!r}; {near}")


class Help(argparse.HelpFormatter):
    """Help whose descriptions are filled paragraph by paragraph, and whose examples are left as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith("example"):
            return text
        fill = super()._fill_text
        return "\n\n".join(fill(paragraph, width, indent) for paragraph in text.split("\n\n"))


def _filled(examples: Sequence[str]) -> list[str]:
    """Fill ``examples`` with names of the repository.

    They are its first claim, that claim's section, and a pattern for all claims of the section. Without a claim they are words.
    """
    from claims.commands import repository  # here, because the claims take their time
    from claims.model import ClaimError

    names = {"claim": "ID", "section": "SECTION", "pattern": "PATTERN"}
    with contextlib.suppress(ClaimError, IndexError):  # help is given where the claims are broken, too
        claim = repository.here().claims[0]
        names = {"claim": claim.id, "section": claim.section, "pattern": f"{claim.paper}/{claim.section}/*"}
    return [example.format(**names) for example in examples]
