"""A drawing of a table of transitions, as SVG: the states around an ellipse, an arrow for each transition."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

WIDTH, HEIGHT = 760, 460
ACROSS, DOWN = 290, 170
"""Half the axes of the ellipse on which the states stand."""
BOX_WIDTH, BOX_HEIGHT = 104, 40
BEND = 0.14
"""How far an arrow leaves the straight line, of its length: so that two that go to and fro are apart."""

STYLE = """
<style>
  text { font: 15px system-ui, sans-serif; fill: #1f2933; text-anchor: middle; dominant-baseline: central }
  rect { fill: #eef6f6; stroke: #0b7285; stroke-width: 1.5 }
  .first { stroke-width: 3.5 }
  path { fill: none; stroke: #52606d; stroke-width: 1.3 }
  marker path { fill: #52606d; stroke: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4e7eb } rect { fill: #1c2b33; stroke: #66d9e8 } path { stroke: #9aa5b1 } marker path { fill: #9aa5b1 }
  }
</style>
<defs><marker id="end" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">
<path d="M0 0 10 5 0 10z"/></marker></defs>
"""

Point = tuple[float, float]


def drawing(title: str, following: Mapping[str, Collection[str]], first: Collection[str]) -> str:
    """`first`: states in which it may begin; they have a thick frame."""
    states = list(following)
    places = {state: _place(number, len(states)) for number, state in enumerate(states)}
    arrows = [_arrow(places[before], places[after]) for before, next_ones in following.items() for after in next_ones]
    boxes = [_box(state, places[state], is_first=state in first) for state in states]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">'
    return "\n".join([head, f"<title>{title}</title>", STYLE.strip(), *arrows, *boxes, "</svg>", ""])


def _place(number: int, count: int) -> Point:
    angle = 2 * math.pi * number / count - math.pi
    return WIDTH / 2 + ACROSS * math.cos(angle), HEIGHT / 2 + DOWN * math.sin(angle)


def _box(state: str, place: Point, *, is_first: bool) -> str:
    x, y = place
    kind = ' class="first"' if is_first else ""
    corner = f'x="{x - BOX_WIDTH / 2:.0f}" y="{y - BOX_HEIGHT / 2:.0f}"'
    frame = f'<rect{kind} {corner} width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="8"/>'
    return f'{frame}<text x="{x:.0f}" y="{y:.0f}">{state}</text>'


def _arrow(start: Point, end: Point) -> str:
    """Bent to its right."""
    across, down = end[0] - start[0], end[1] - start[1]
    middle = ((start[0] + end[0]) / 2 - down * BEND, (start[1] + end[1]) / 2 + across * BEND)
    begin, tip = _at_frame(start, middle), _at_frame(end, middle)
    points: Sequence[float] = (*begin, *middle, *tip)
    shown = "M{:.0f} {:.0f}Q{:.0f} {:.0f} {:.0f} {:.0f}".format(*points)
    return f'<path d="{shown}" marker-end="url(#end)"/>'


def _at_frame(centre: Point, towards: Point) -> Point:
    """Where the line from the centre of a box leaves its frame."""
    across, down = towards[0] - centre[0], towards[1] - centre[1]
    share = min((BOX_WIDTH / 2 + 3) / (abs(across) or 1e-9), (BOX_HEIGHT / 2 + 3) / (abs(down) or 1e-9))
    return centre[0] + across * share, centre[1] + down * share
