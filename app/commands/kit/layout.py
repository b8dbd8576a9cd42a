"""How a table is laid out in the width there is, so that no word, number or date is broken.

Whole rows where they fit; else the longest texts are wrapped between words; else what does not fit beside a row stands below it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

GAP = 3
"""Characters between two columns."""
EDGE = 2
LONG = 24
"""A column whose longest value is longer than this is text that may be wrapped, in no less than this."""
INDENT = 4
BETWEEN = " · "

Row = Sequence[Text]


def laid_out(headings: Sequence[str], rows: Sequence[Row], title: str | None, width: int) -> Iterator[RenderableType]:
    """The table, to be printed part by part. `width`: characters of a line."""
    natural = [max(len(heading), *(each[at].cell_len for each in rows)) for at, heading in enumerate(headings)]
    room = width - EDGE - GAP * (len(headings) - 1)
    if sum(natural) <= room:
        yield _table(headings, rows, title, natural)
    elif widths := _wrapped(headings, rows, natural, room):
        yield _table(headings, rows, title, widths)
    else:
        yield from _stacked(headings, rows, title, width)


def _table(headings: Sequence[str], rows: Sequence[Row], title: str | None, widths: Sequence[int]) -> Table:
    made = Table(box=box.SIMPLE, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for heading, width in zip(headings, widths, strict=True):
        made.add_column(heading, width=width, overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def _wrapped(headings: Sequence[str], rows: Sequence[Row], natural: Sequence[int], room: int) -> list[int] | None:
    """The widths with the long texts wrapped between words; None when there is no room for that."""
    long = [at for at, width in enumerate(natural) if width > LONG]
    left = room - sum(width for at, width in enumerate(natural) if at not in long)
    if not long:
        return None
    words = {at: max(_longest_word(text) for text in [headings[at], *(each[at].plain for each in rows)]) for at in long}
    least = {at: max(LONG, words[at]) for at in long}
    if sum(least.values()) > left:
        return None
    widths, spare = list(natural), left - sum(least.values())
    for place, at in enumerate(sorted(long, key=lambda each: natural[each])):
        # The shorter texts first: what they do not need is the others'.
        share = min(natural[at] - least[at], spare // (len(long) - place))
        widths[at] = least[at] + share
        spare -= share
    return widths


def _longest_word(text: str) -> int:
    return max(map(len, text.split()), default=0)


def _stacked(headings: Sequence[str], rows: Sequence[Row], title: str | None, width: int) -> Iterator[RenderableType]:
    """Each row's first columns beside one another, and below them, by name, what did not fit there."""
    natural = [max(len(heading), *(each[at].cell_len for each in rows)) for at, heading in enumerate(headings)]
    beside = 0
    while beside < len(headings) and sum(natural[: beside + 1]) + GAP * beside + EDGE <= width:
        beside += 1
    beside = max(beside, 1)
    if title:
        yield Text(title, style="bold")
    yield Text("")
    yield _line([Text(heading, style="bold") for heading in headings[:beside]], natural)
    yield Text(" " + "─" * min(width - EDGE, sum(natural[:beside]) + GAP * (beside - 1)))
    for row in rows:
        yield _line(row[:beside], natural)
        yield from _below(list(zip(headings[beside:], row[beside:], strict=True)), width)
    yield Text("")


def _line(cells: Sequence[Text], widths: Sequence[int]) -> Text:
    made = Text(" ", end="\n")
    for at, each in enumerate(cells):
        padded = each.copy()
        if at < len(cells) - 1:
            padded.pad_right(max(widths[at] - each.cell_len, 0) + GAP)
        made.append_text(padded)
    return made


def _below(named: Sequence[tuple[str, Text]], width: int) -> Iterator[Text]:
    """The values by name, as many on a line as fit; what is longer than a line is wrapped between words."""
    line = Text(" " * INDENT)
    for heading, value in named:
        if value.plain in ("–", ""):
            continue
        piece = Text.assemble((f"{heading}: ", "dim"), value) if heading else value
        joined = len(line.plain.strip()) > 0
        if line.cell_len + piece.cell_len + (len(BETWEEN) if joined else 0) > width and joined:
            yield line
            line, joined = Text(" " * INDENT), False
        line.append_text(Text(BETWEEN, style="dim") if joined else Text("")).append_text(piece)
        if line.cell_len > width:
            yield _wrapped_text(line.plain, value, width)
            line = Text(" " * INDENT)
    if line.plain.strip():
        yield line


def _wrapped_text(text: str, value: Text, width: int) -> Text:
    indent = " " * INDENT
    lines = textwrap.wrap(
        text.strip(), width, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return Text("\n".join(lines), style=value.style)
