"""A matplotlib SVG with the same picture in fewer bytes: a page holds a hundred of them."""

from __future__ import annotations

import hashlib
import itertools
import re

_RULE = re.compile(r"\.s[0-9a-f]{6}\{[^{}]*\}")
_POINT = re.compile(r"([ML]) (-?[\d.]+) (-?[\d.]+) ?|z ?")


def lean(svg: str) -> str:
    """Strip the SVG element of ``svg`` of what draws nothing.

    That is metadata, comments, indentation, ids nothing refers to, groups that group nothing, a list of fonts at every word. Coordinates go
    to a tenth of a point, which is finer than a screen shows, and lines from point to point. A style is a class named by its content, so
    that pictures of one page may share it (``shared_styles``).
    """
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>|\n\s*", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;\"]+;? ?|stroke-dashoffset: 0; |(?: transform=\"rotate\(-0 [^\"]+\")", "", svg)
    svg = svg.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "").replace(
        "<svg ", '<svg font-family="sans-serif" stroke-linejoin="round" ', 1
    )
    svg = re.sub(r"<path [^>]*style=\"fill: none\"/>", "", svg)  # frames that nothing strokes
    svg = _ungrouped(_styled_once(_short_ids(svg)).replace("xlink:href", "href"))
    svg = re.sub(r' (?:x|y|width|height|transform)="[^"]+"', lambda place: re.sub(r"\d+\.\d+", lambda n: _tenths(n[0]), place[0]), svg)
    svg = re.sub(r' d="([^"]+)"', lambda path: f' d="{_from_point_to_point(path[1])}"', svg)
    return _with_classes(svg.replace("<defs></defs>", ""))


def shared_styles(page: str) -> str:
    """Keep of every style rule of the drawings of a page the first, which holds for all."""
    seen: set[str] = set()

    def first(style: re.Match[str]) -> str:
        rules = [rule for rule in _RULE.findall(style[0]) if rule not in seen]
        seen.update(rules)
        return f"<style>{''.join(rules)}</style>" if rules else ""

    return re.sub(rf"<style>(?:{_RULE.pattern})+</style>", first, page)


def _short_ids(svg: str) -> str:
    """Rename ids that something refers to a, b, c, ...; remove the others."""
    referred = dict.fromkeys(re.findall(r'(?:xlink:href="|url\()#([^")]+)', svg))
    letters = "abcdefghijklmnopqrstuvwxyz"
    names = ("".join(letter) for length in itertools.count(1) for letter in itertools.product(letters, repeat=length))
    short = dict(zip(referred, names, strict=False))
    svg = re.sub(r' id="([^"]+)"', lambda match: f' id="{short[match[1]]}"' if match[1] in short else "", svg)
    return re.sub(r'((?:xlink:href="|url\()#)([^")]+)', lambda match: match[1] + short[match[2]], svg)


def _styled_once(svg: str) -> str:
    """Give what is used many times in one style the style itself."""
    styles: dict[str, set[str]] = {}
    for used, style in re.findall(r'<use xlink:href="#([^"]+)"[^>]* style="([^"]*)"', svg):
        styles.setdefault(used, set()).add(style)
    for used, (style, *others) in styles.items():
        if not others:
            svg = re.sub(rf'(<use xlink:href="#{used}"[^>]*) style="[^"]*"', r"\1", svg)
            svg = re.sub(rf'(<path id="{used}"[^>]*) style="[^"]*"', rf'\1 style="{style}"', svg)
    return svg


def _ungrouped(svg: str) -> str:
    """Remove groups without attributes, which draw as their contents do."""
    kept: list[bool] = []

    def tag(match: re.Match[str]) -> str:
        if match[0] != "</g>":
            kept.append(match[0] != "<g>")
        return match[0] if (kept[-1] if match[0] != "</g>" else kept.pop()) else ""

    return re.sub(r"<g(?: [^>]*)?>|</g>", tag, svg)


def _tenths(number: str) -> str:
    return f"{float(number):.1f}".removesuffix(".0")


def _from_point_to_point(path: str) -> str:
    """Write a path of straight lines with each point relative to the one before.

    A rounding error stays with its point. Other paths are written to a tenth.
    """
    if _POINT.sub("", path):
        return re.sub(r"\d+\.\d+", lambda number: _tenths(number[0]), path).strip()
    parts, x, y = [], 0, 0  # tenths of a point
    for command, to_x, to_y in _POINT.findall(path):
        if not command:
            parts.append("z")
            continue
        at_x, at_y = round(10 * float(to_x)), round(10 * float(to_y))
        if command == "M":
            parts.append("M" + _pair(at_x, at_y))
        elif (at_x, at_y) != (x, y):
            step = _pair(at_x - x, at_y - y)
            continues = parts[-1].startswith(("l", "-", " "))
            parts.append(step if continues and step.startswith("-") else f" {step}" if continues else f"l{step}")
        x, y = at_x, at_y
    return "".join(parts)


def _pair(x: int, y: int) -> str:
    """Write two numbers, given in tenths, as short as SVG allows: ``3.5-.2``."""
    first, second = (re.sub(r"^(-?)0\.", r"\1.", _tenths(str(tenths / 10))) for tenths in (x, y))
    return f"{first}{'' if second.startswith('-') else ' '}{second}"


def _with_classes(svg: str) -> str:
    """Write styles as classes, without their spaces; the rules of the classes stand in one style element."""
    svg = re.sub(r' style="[^"]*"', lambda style: re.sub('(?<=[:;]) |;(?="$)', "", style[0]), svg)
    styles = dict.fromkeys(re.findall(r' style="([^"]*)"', svg))
    names = {style: f"s{hashlib.sha256(style.encode()).hexdigest()[:6]}" for style in styles}
    svg = re.sub(r' style="([^"]*)"', lambda style: f' class="{names[style[1]]}"', svg)
    rules = "".join(f".{name}{{{style}}}" for style, name in names.items())
    return re.sub(r"(<svg [^>]*>)", rf"\1<style>{rules}</style>", svg, count=1) if rules else svg
