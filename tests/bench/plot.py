"""Draw how the cost of a request grows with its body, as SVG, without a library."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 860, 440
TOP, BOTTOM = 66, 344  # of the panels
PANELS = ((76, 400), (516, 840))  # their left and right

# Light, and dark for who prefers it. Series differ in their marks too.
STYLE = """
text { font: 13px sans-serif; fill: #1f2328 }
.title { font-weight: bold; font-size: 14px }
.small { font-size: 11px; fill: #59636e }
.back { fill: #ffffff }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.axis { stroke: #59636e; stroke-width: 1; fill: none }
.line0 { stroke: #0969da; stroke-width: 2; fill: none } .mark0 { fill: #0969da }
.line1 { stroke: #bc4c00; stroke-width: 2; fill: none }
.dashed { stroke-dasharray: 6 4 }
.mark1 { fill: #bc4c00 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .small { fill: #9198a1 } .back { fill: #0d1117 }
  .grid { stroke: #3d444d } .axis { stroke: #9198a1 }
  .line0 { stroke: #4493f8 } .mark0 { fill: #4493f8 }
  .line1 { stroke: #f0883e } .mark1 { fill: #f0883e }
}
"""


class Scale:
    """Logarithmic, from values to places."""

    def __init__(self, low, high, start, stop):
        self.low = math.log(low)
        self.factor = (stop - start) / (math.log(high) - self.low)
        self.start = start

    def __call__(self, value):
        return self.start + (math.log(value) - self.low) * self.factor


def size(value):
    for unit, one in (("MB", 1 << 20), ("KB", 1 << 10)):
        if value >= one:
            return f"{value // one} {unit}"
    return f"{value} B"


def time(value):
    for unit, one in (("s", 10**6), ("ms", 10**3)):
        if value >= one:
            return f"{value // one} {unit}"
    return f"{value} µs"


def number(value):
    return f"{value:,}"


def text(x, y, words, style="", anchor="middle"):
    style = f' class="{style}"' if style else ""
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"{style}>{escape(words)}</text>'


def panel(left, right, title, series, label):
    """Return the elements of one: axes, grid and `series`, {name: [(size, value), ...]}."""
    values = [value for points in series.values() for _, value in points]
    sizes = [point[0] for point in next(iter(series.values()))]
    # From one power of ten to another, with room for three at least.
    low = math.floor(math.log10(min(values)))
    high = max(math.ceil(math.log10(max(values))), low + 3)
    x = Scale(sizes[0], sizes[-1], left + 10, right - 10)
    y = Scale(10**low, 10**high, BOTTOM, TOP)
    parts = [text(left, TOP - 14, title, "title", "start")]
    for power in range(low, high + 1):
        at = y(10**power)
        parts.append(f'<path class="grid" d="M{left} {at:.1f}H{right}"/>')
        parts.append(text(left - 6, at + 4, label(10**power), anchor="end"))
    for i, value in enumerate(sizes):
        parts.append(f'<path class="grid" d="M{x(value):.1f} {TOP}V{BOTTOM}"/>')
        if i % 2 == 0:
            parts.append(text(x(value), BOTTOM + 18, size(value)))
    parts.append(f'<path class="axis" d="M{left} {TOP}V{BOTTOM}H{right}"/>')
    parts.append(text((left + right) / 2, BOTTOM + 38, "body"))
    for i, (name, points) in enumerate(series.items()):
        places = [(x(a), y(b)) for a, b in points]
        parts.append(path(places, f"line{i}"))
        parts += [mark(i, a, b) for a, b in places]
        at = TOP + 18 + 20 * i
        parts.append(f'<path class="line{i}" d="M{left + 14} {at}h28"/>')
        parts.append(text(left + 50, at + 4, name, anchor="start"))
    return parts


def mark(i, x, y):
    """Return the mark of series `i`: a circle, or a triangle."""
    if i == 0:
        return f'<circle class="mark0" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'
    return f'<path class="mark{i}" d="M{x - 4:.1f} {y + 4:.1f}h8l-4 -8z"/>'


def path(places, style):
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    return f'<path class="{style}" d="M{line}"/>'


def document(width, height, title, parts):
    box = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="back" width="{width}" height="{height}"/>',
        text(width / 2, 24, title, "title"),
        *parts,
    ]
    return "\n".join([*parts, "</svg>", ""])


def heaps(series):
    """Return the SVG of the smallest heap by body size, `series` {name: [(size, bytes), ...]}.

    Names of one client begin alike, up to the comma; its second series is dashed.
    """
    width, height = 760, 380
    left, right, top, bottom = 70, 540, 52, 320
    sizes = [point[0] for point in next(iter(series.values()))]
    values = [value for points in series.values() for _, value in points]
    low, high = math.floor(math.log2(min(values))), math.ceil(math.log2(max(values)))
    x = Scale(sizes[0], sizes[-1], left + 10, right - 10)
    y = Scale(2**low, 2**high, bottom, top)
    parts = []
    for power in range(low, high + 1):
        at = y(2**power)
        parts.append(f'<path class="grid" d="M{left} {at:.1f}H{right}"/>')
        parts.append(text(left - 6, at + 4, size(2**power), anchor="end"))
    for value in sizes:
        parts.append(f'<path class="grid" d="M{x(value):.1f} {top}V{bottom}"/>')
        parts.append(text(x(value), bottom + 18, size(value)))
    parts.append(f'<path class="axis" d="M{left} {top}V{bottom}H{right}"/>')
    parts.append(text((left + right) / 2, bottom + 40, "body of the response"))
    clients = []
    for name, points in series.items():
        client = name.split(",")[0]
        style = " dashed" if client in clients else ""
        clients += [client] if client not in clients else []
        i = clients.index(client)
        places = [(x(a), y(b)) for a, b in points]
        parts.append(path(places, f"line{i}{style}"))
        parts += [mark(i, a, b) for a, b in places]
    # Names beside the ends of the lines, at least a line apart.
    at = -math.inf
    for name, points in sorted(series.items(), key=lambda item: y(item[1][-1][1])):
        at = max(at + 17, y(points[-1][1]) + 4)
        parts.append(text(right + 4, at, f"{name}: {points[-1][1] / 1024:.0f} KB", "", "start"))
    return document(width, height, "Smallest heap in which a GET succeeds", parts)


def growth(times, memory, lines, bits=32):
    """Return the SVG of both, memory of `bits` bits; `lines` are its caption."""
    names = {"http": "http", "by_hand_readline": "by hand, with a socket"}
    parts = []
    for (left, right), title, series, label in (
        (PANELS[0], "time", times, time),
        (PANELS[1], f"heap allocated in all, bytes ({bits}-bit build)", memory, number),
    ):
        named = {names[name]: points for name, points in series.items()}
        parts += panel(left, right, title, named, label)
    for i, line in enumerate(lines):
        parts.append(text(20, HEIGHT - 28 + 16 * i, line.replace("`", ""), "small", "start"))
    return document(WIDTH, HEIGHT, "A download to a file, as the body grows", parts)
