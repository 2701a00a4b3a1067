# SPDX-License-Identifier: GPL-2.0-only
"""One page of scripts/bench's figures, with nothing outside of it.

Each figure is a row of bars, one a system, all against the longest; the bare
kernel's bar is the limit: what the machine does without any hypervisor.
"""

import html

BAR, HEIGHT, LEFT = 560, 20, 150
COLOURS = {"hospes": "#1f6f8b", "stock": "#c0792a", "none": "#9a9a9a"}
STYLE = """
body { font: 15px/1.45 sans-serif; margin: 2em auto; max-width: 60em; color: #222 }
h2 { font-size: 1.05em; margin: 1.6em 0 .2em } p { margin: .2em 0 }
svg { display: block } text { font: 13px sans-serif; fill: #222 } .unit { color: #666 }
"""


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def bars(values, titles):
    """SVG of one figure; VALUES is {system: [median, lower, upper] or [value]}."""
    longest = max(figure[-1] for figure in values.values()) or 1
    lines = [f'<svg width="{LEFT + BAR + 130}" height="{len(values) * (HEIGHT + 6)}">']
    for row, (system, figure) in enumerate(values.items()):
        top = row * (HEIGHT + 6)
        width = figure[0] / longest * BAR
        lines += [
            f'<text x="0" y="{top + 15}">{html.escape(titles[system])}</text>',
            f'<rect x="{LEFT}" y="{top}" width="{max(width, 1):.1f}" height="{HEIGHT}" '
            f'fill="{COLOURS[system]}"/>']
        if len(figure) == 3:
            low, high = (LEFT + quartile / longest * BAR for quartile in figure[1:])
            middle = top + HEIGHT / 2
            lines.append(f'<path d="M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 4}v8'
                         f'M{high:.1f} {middle - 4}v8" stroke="#000" fill="none"/>')
        end = LEFT + max(width, figure[-1] / longest * BAR) + 6
        lines.append(f'<text x="{end:.1f}" y="{top + 15}">{number(figure[0])}</text>')
    return "\n".join([*lines, "</svg>"])


def comparison(values, unit, more_is_better):
    """One sentence: ours beside Xen's and beside the limit."""
    ours = values.get("hospes", [0])[0]
    parts = []
    for system, name in (("stock", "Xen's"), ("none", "the limit")):
        other = values.get(system, [0])[0]
        if ours and other:
            parts.append(f"{ours / other:.2f} of {name}")
    sense = "more is better" if more_is_better else "less is better"
    return f"{unit}; {sense}" + (f"; ours is {' and '.join(parts)}" if parts else "")


def page(results, rows, titles):
    """HTML of all ROWS (title, unit, key, more is better, key of the limit)."""
    body = []
    for title, unit, key, more_is_better, limit in rows:
        values = {system: figures.get(limit if system == "none" else key)
                  for system, figures in results.items()}
        values = {system: values[system] for system in ("hospes", "stock", "none")
                  if values.get(system)}
        if values:
            body += [f"<h2>{html.escape(title)}</h2>",
                     f'<p class="unit">{html.escape(comparison(values, unit, more_is_better))}</p>',
                     bars(values, titles)]
    return "\n".join([
        "<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8">',
        f"<title>Hospes: measurements</title><style>{STYLE}</style></head><body>",
        "<h1>Hospes beside Xen and the bare kernel</h1>",
        "<p>Made by scripts/bench on one emulated processor that counts instructions. "
        "The bare kernel is the limit. Bars are medians, lines the quartiles.</p>",
        *body, "</body></html>", ""])
