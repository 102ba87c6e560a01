"""What `make bench` writes: the tables of docs/measurements.md, between marks, and pictures."""

import pathlib
import re

DOCS = pathlib.Path(__file__).resolve().parent.parent.parent / "docs"


def write(name, lines):
    """Put `lines` between the marks of `name` in docs/measurements.md."""
    path = DOCS / "measurements.md"
    marks = rf"(<!-- make bench: {name} -->\n).*?(<!-- end -->)"
    text, count = re.subn(
        marks,
        lambda found: found[1] + "\n".join(lines) + "\n" + found[2],
        path.read_text(),
        flags=re.DOTALL,
    )
    assert count == 1, name
    path.write_text(text)


def picture(name, svg):
    (DOCS / name).write_text(svg)


def by_body(sizes, heaps):
    """Return the lines of the table of smallest heaps, {(client, kind): one for each size}."""
    keys = list(heaps)
    head = " | ".join(f"`{client}`, {kind}" for client, kind in keys)
    lines = [f"| body | {head} |", "|---|" + len(keys) * "---|"]
    for i, size in enumerate(sizes):
        cells = " | ".join(f"{heaps[key][i]:,}" for key in keys)
        lines.append(f"| {size >> 10} KB | {cells} |")
    return lines


def columns(client, kinds):
    """Return what the table of docs/measurements.md has of `client`, {(client, kind): heaps}."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (DOCS / "measurements.md").read_text().splitlines()
        if re.match(r"\| (body|\d+ KB) \|", line)
    ]
    found = {}
    for kind in kinds:
        place = rows[0].index(f"`{client}`, {kind}")
        found[client, kind] = [int(row[place].replace(",", "")) for row in rows[1:]]
    return found
