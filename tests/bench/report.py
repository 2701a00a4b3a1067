# SPDX-License-Identifier: GPL-2.0-only
"""One page of scripts/bench's figures, with nothing outside of it.

First all rows that both hypervisors have, ours by Xen's, with the goals; then
each figure as bars, one a system, all against the longest. The bare kernel's
bar is the limit: what the machine does without any hypervisor.
"""

import html
import math

import rows

ORDER = ("hospes", "stock", "none")
# units of an SVG's own coordinates
LABEL, BAR, VALUE, HEIGHT, GAP = 96, 420, 124, 18, 7
NAMES, SCALE, RATIO, LINE = 290, 330, 60, 22
TICKS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5)

STYLE = """
:root { --page: #f6f7f9; --card: #fff; --ink: #1c2430; --soft: #5b6675; --line: #dfe3e8;
  --hospes: #1b6f9c; --stock: #cf7d2c; --none: #98a2ad; --good: #1d7f4e; --bad: #b3362b;
  color-scheme: light dark }
@media (prefers-color-scheme: dark) {
  :root { --page: #14181d; --card: #1d232a; --ink: #e6eaef; --soft: #9aa6b3; --line: #333c46;
    --hospes: #4fa8d8; --stock: #e0994f; --none: #78838f; --good: #56c08a; --bad: #ee7a6d } }
* { box-sizing: border-box }
body { font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; margin: 0 auto; padding: 2rem 1.2rem 4rem;
  max-width: 64rem; color: var(--ink); background: var(--page) }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 .4rem } h2 { margin: 2.6rem 0 .8rem; font-size: 1.3rem }
h3 { font-size: 1rem; margin: 0 } p { margin: .2rem 0; color: var(--soft) }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .8rem 1rem; margin: 0 0 .8rem }
.head { display: flex; flex-wrap: wrap; gap: .2rem 1rem; align-items: baseline; margin-bottom: .4rem }
.head p { flex: 1; font-size: .85rem } .chip { font-size: .85rem; font-weight: 600; white-space: nowrap }
.good { color: var(--good) } .bad { color: var(--bad) } .open { color: var(--soft) }
.key { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; font-size: .9rem; margin: .8rem 0 }
.key i { display: inline-block; width: .8em; height: .8em; border-radius: .2em; margin-right: .45em }
svg { display: block; width: 100%; height: auto } svg text { font: 13px system-ui, "DejaVu Sans", sans-serif;
  fill: var(--ink) } svg .soft { fill: var(--soft) }
svg .good { fill: var(--good) } svg .bad { fill: var(--bad) } svg .open { fill: var(--soft) }
.bars { max-width: 44rem }
"""


def number(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def text(x, y, what, kind="", anchor="start"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
            + (f' class="{kind}"' if kind else "") + f">{html.escape(what)}</text>")


def bars(values, titles):
    """SVG of one figure; VALUES is {system: [median, lower, upper]}."""
    longest = max(max(figure) for figure in values.values()) or 1
    height = len(values) * (HEIGHT + GAP) - GAP
    lines = [f'<svg class="bars" viewBox="0 0 {LABEL + BAR + VALUE} {height}" role="img">']
    for at, (system, figure) in enumerate(values.items()):
        top = at * (HEIGHT + GAP)
        middle = top + HEIGHT / 2
        median, lower, upper = (LABEL + value / longest * BAR for value in figure)
        lines += [text(0, middle + 4.5, titles[system], "soft"),
                  f'<rect x="{LABEL}" y="{top}" width="{max(median - LABEL, 1):.1f}" height="{HEIGHT}" '
                  f'rx="3" fill="var(--{system})"/>']
        if upper - lower >= 1:
            lines.append(f'<path d="M{lower:.1f} {middle}H{upper:.1f}M{lower:.1f} {middle - 4}v8'
                         f'M{upper:.1f} {middle - 4}v8" stroke="var(--ink)" fill="none"/>')
        lines.append(text(max(median, upper) + 7, middle + 4.5, number(figure[0])))
    return "\n".join([*lines, "</svg>"])


def kind_of(met):
    return {True: "good", False: "bad", None: "open"}[met]


def chip(each, values):
    """Ours by Xen's and by the limit, in words."""
    ratio, met = rows.verdict(each, values.get("hospes"), values.get("stock"))
    parts = []
    if ratio:
        goal = "" if each.goal is None else f" (goal {'≥' if each.more else '≤'} {each.goal:g})"
        parts.append(f"{ratio:.2f} of Xen’s{goal}")
    if values.get("hospes") and values.get("none") and values["none"][0]:
        parts.append(f"{values['hospes'][0] / values['none'][0]:.2f} of the limit")
    return f'<span class="chip {kind_of(met)}">{html.escape(", ".join(parts))}</span>' if parts else ""


def card(each, values, titles):
    sense = "more is better" if each.more else "less is better"
    return (f'<div class="card"><div class="head"><h3>{html.escape(each.title)}</h3>'
            f"<p>{html.escape(each.unit)}; {sense}</p>{chip(each, values)}</div>"
            f"{bars(values, titles)}</div>")


def along(ratio):
    """Where a ratio is on the summary's logarithmic scale."""
    low, high = math.log(TICKS[0]), math.log(TICKS[-1])
    share = (math.log(min(max(ratio, TICKS[0]), TICKS[-1])) - low) / (high - low)
    return NAMES + share * SCALE


def summary_row(each, ratio, met, top):
    """A bar from 1, which is as good as Xen, and a mark where the goal is."""
    middle, one, end = top + LINE / 2, along(1), along(ratio)
    lines = [text(NAMES - 14, middle + 4.5, each.title, anchor="end"),
             f'<rect x="{min(one, end):.1f}" y="{middle - 5}" width="{max(abs(end - one), 1.5):.1f}" '
             f'height="10" rx="2" fill="var(--{kind_of(met) if met is not None else "none"})"/>']
    if each.goal is not None:
        goal = along(each.goal)
        lines.append(f'<path d="M{goal:.1f} {middle - 8}v16" stroke="var(--ink)" stroke-width="2"/>')
    lines.append(text(NAMES + SCALE + RATIO, middle + 4.5, f"{ratio:.2f}", kind_of(met), "end"))
    return "\n".join(lines)


def summary(found):
    """All ratios on one scale. FOUND: [(group, row, values)]."""
    shown = [(group, each, *rows.verdict(each, values.get("hospes"), values.get("stock")))
             for group, each, values in found]
    shown = [each for each in shown if each[2]]
    if not shown:
        return ""
    groups = list(dict.fromkeys(group for group, *_ in shown))
    height = 26 + (len(shown) + len(groups)) * LINE
    lines = [f'<svg viewBox="0 0 {NAMES + SCALE + RATIO + 6} {height}" role="img">']
    for tick in TICKS:
        x = along(tick)
        lines += [text(x, 12, f"{tick:g}", "soft", "middle"),
                  f'<path d="M{x:.1f} 20V{height}" stroke="var(--line)" '
                  f'stroke-width="{2 if tick == 1 else 1}"/>']
    top = 24
    for group in groups:
        lines.append(f'<text x="0" y="{top + 15.5}" font-weight="600" '
                     f'style="font-weight:600">{html.escape(group)}</text>')
        top += LINE
        for _, each, ratio, met in (row for row in shown if row[0] == group):
            lines.append(summary_row(each, ratio, met, top))
            top += LINE
    return "\n".join(['<div class="card">', *lines, "</svg></div>"])


def count_goals(found):
    verdicts = [rows.verdict(each, values.get("hospes"), values.get("stock"))[1]
                for _, each, values in found]
    met, missed = verdicts.count(True), verdicts.count(False)
    return f"{met} of {met + missed} goals are met." if met + missed else ""


def page(results, chosen, titles):
    """HTML of the CHOSEN rows, of which some system has a figure."""
    found = []
    for group, of_group in rows.GROUPS.items():
        for each in of_group:
            values = {system: results.get(system, {}).get(each.limit if system == "none" else each.name)
                      for system in ORDER}
            values = {system: figure for system, figure in values.items() if figure}
            if values and each in chosen:
                found.append((group, each, values))
    body = []
    for group in dict.fromkeys(group for group, *_ in found):
        body.append(f"<h2>{html.escape(group)}</h2>")
        body += [card(each, values, titles) for of, each, values in found if of == group]
    key = "".join(f'<span><i style="background:var(--{system})"></i>{html.escape(titles[system])}</span>'
                  for system in ORDER if results.get(system))
    return "\n".join([
        "<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Hospes: measurements</title><style>{STYLE}</style></head><body>",
        "<h1>Hospes beside Xen and the bare kernel</h1>",
        "<p>Made by scripts/bench on one emulated machine that counts instructions; time is a guest's, "
        "so instructions too. The bare kernel is the limit. Bars are medians, fine lines "
        "the quartiles.</p>", f'<div class="key">{key}</div>',
        "<h2>Ours by Xen’s</h2>",
        f"<p>Bars begin at 1, as good as Xen; marks are the goals. {count_goals(found)} "
        "To the left is less: better, but for disk and network, where more is.</p>",
        summary(found), *body, "</body></html>", ""])
