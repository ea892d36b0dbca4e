"""A drawing of the report: matplotlib's SVG with its words and its data, for the page and as a file.

The SVG is the same on every run: fixed hash salt, no date. In the page, text and axes take the page's text colour and each family its own,
so that one drawing serves light and dark.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from claims.paper import NetworkStyle
from claims.report.drawings.families import OTHER
from claims.report.drawings.kept import kept
from claims.report.drawings.lean_svg import lean
from claims.report.quiet import quiet_matplotlib
from claims.text import visible

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FloatArray = NDArray[np.float64]
PAGE = "../index.html"  # from the file of a picture, which lies in a folder of its own
_FOR_FILES = re.compile(r' width="[^"]*" height="[^"]*"(?= viewBox)| xmlns="[^"]*" version="[^"]*"')  # the page gives it its size
LARGEST_DRAWN = 1e100  # what is drawn is multiplied, and the product must be a number too
INK = "#010203"  # stands for the page's text colour until the SVG is written
_FILE_INK, _FILE_PAPER = "#1b1f24", "#ffffff"  # of an SVG file, which no page gives colours to
_SETTINGS: Mapping[Any, Any] = {
    "figure.facecolor": "none",  # the page shows through, light or dark
    "axes.facecolor": "none",
    "svg.fonttype": "none",  # text stays text: searchable, small
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "path.simplify_threshold": 0.3,  # of a pixel: what no eye sees need not be in the page
}


@dataclass(frozen=True)
class Drawing:
    """A drawing with its words and numbers.

    ``svg`` is the element with INK for the text colour. ``words`` say what is in it, ``csv`` has its numbers, ``styles`` its colours.
    """

    title: str
    words: str
    csv: str
    svg: str
    styles: tuple[NetworkStyle, ...] = ()

    @property
    def slug(self) -> str:
        """The title as a file name and as the beginning of the SVG's ids."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")

    @property
    def inline(self) -> Markup:
        """The SVG element alone, with a label, ids of its own and the page's colours."""
        prefix = hashlib.sha256(self.slug.encode()).hexdigest()[:6]  # short: it stands in the page many times
        svg = re.sub(r'\b(id="|href="#|url\(#)', rf"\g<1>d{prefix}", self._labelled(self.title))  # its words stand beside it
        for one in (*self.styles, OTHER):
            svg = svg.replace(one.light, f"var(--{one.slug})")
        return Markup(_FOR_FILES.sub("", svg, count=2).replace(INK, "currentColor").replace(f'href="{PAGE}#', 'href="#'))

    @property
    def file(self) -> str:
        """The text of an SVG file: on white, in the colours of the light page."""
        head, end, rest = self._labelled(self.words).partition(">")
        return f'{head}{end}<rect width="100%" height="100%" fill="{_FILE_PAPER}"/>{rest}'.replace(INK, _FILE_INK)

    @property
    def data(self) -> str:
        """The numbers, compressed, as an address that a link can offer for download without a network."""
        return gzip_address(self.csv)

    def _labelled(self, label: str) -> str:
        role = "group" if "<a " in self.svg else "img"  # within an image no link would be read out
        return self.svg.replace("<svg ", f'<svg class="drawing" role="{role}" aria-label="{escape(label)}" ', 1)


def drawing(
    title: str,
    words: str,
    csv: str,
    size: tuple[float, float],
    draw: Callable[[Figure], None],
    styles: Sequence[NetworkStyle] = (),
    depends_on: object = "",
) -> Drawing:
    """Return what ``draw`` puts on an empty figure of ``size`` inches, in the colours of ``styles``.

    It must depend on nothing but ``title``, ``csv``, ``size``, ``styles`` and the representation of ``depends_on``. A drawing of the same
    is not made again.
    """
    svg = kept(repr((title, csv, size, tuple(styles), depends_on)), lambda: _drawn(title, size, draw))
    return Drawing(title, words, csv, svg, tuple(styles))


def _drawn(title: str, size: tuple[float, float], draw: Callable[[Figure], None]) -> str:
    with quiet_matplotlib():  # here, because it takes its time, and a drawing that is kept needs none of it
        import matplotlib
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
        from matplotlib.text import Text

        with matplotlib.rc_context({**_SETTINGS, "svg.hashsalt": visible(title)}):
            figure = Figure(figsize=size, layout="constrained")
            draw(figure)
            for written in figure.findobj(Text):
                written.set_text(visible(written.get_text()))  # fonts have no control characters
            text = io.StringIO()
            # not savefig, which lays a figure out and draws it in vain before it draws it
            metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
            FigureCanvasSVG(figure).print_svg(text, metadata=metadata)  # type: ignore[no-untyped-call]
        return lean(text.getvalue())


def drawable(values: Sequence[float] | FloatArray) -> FloatArray:
    """Return the values (n,) as they are drawn: those beyond LARGEST_DRAWN at its edge."""
    drawn: FloatArray = np.clip(np.asarray(values, dtype=float), -LARGEST_DRAWN, LARGEST_DRAWN)
    return drawn


def csv_address(csv: str) -> str:
    """Write comma-separated text as a ``data:`` address (RFC 2397)."""
    return "data:text/csv;charset=utf-8," + quote(visible(csv), safe=",:;/()[]=+*@!")


def gzip_address(text: str) -> str:
    """Encode ``text``, compressed, as a ``data:`` address: the same bytes on every run of one zlib."""
    return "data:application/gzip;base64," + base64.b64encode(gzip.compress(visible(text).encode(), mtime=0)).decode()
