"""A report as one file of HTML that needs no network: what it shows is in it, and nothing else may run."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Sequence

from anpyc_server.figures.numbers import as_csv
from anpyc_server.page import chart_library
from anpyc_server.printing import in_script
from anpyc_server.reports.parts import Shown, ShownFigure, ShownHtml

_MOST_NUMBERS = 400
"""Lines of a figure's numbers that stand below it for whoever reads without scripts."""
_STYLE = """
:root { font: 16px/1.6 Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
:root { color: #1f2933; background: #fff; }
body { margin: 0; }
main { max-width: 46rem; margin: 3rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 1.25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.25rem 0 .5rem; } h3 { font-size: 1.05rem; margin: 1.75rem 0 .25rem; }
a { color: #0b5cad; } code, pre { font-size: .87em; background: #f4f6f7; border-radius: 3px; }
code { padding: .1em .3em; } pre { padding: .8rem 1rem; overflow: auto; } pre code { padding: 0; }
blockquote { margin: 1rem 0; padding-left: 1rem; border-left: 3px solid #d3dde4; color: #47525d; }
figure { margin: 1.75rem 0; } figure.table { overflow-x: auto; }
.chart { height: 24rem; } .note { margin: .3rem 0 0; }
figcaption, .note { font-size: .87rem; line-height: 1.5; color: #47525d; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .4rem; color: #47525d; }
thead { border-top: 2px solid #1f2933; border-bottom: 1px solid #1f2933; }
tbody { border-bottom: 2px solid #1f2933; }
th, td { padding: .25rem 1.1rem .25rem 0; text-align: left; font-weight: 400; white-space: nowrap; }
thead th { white-space: normal; vertical-align: bottom; }
.missing { padding: .6rem .9rem; border: 1px solid #d9730d; border-radius: 4px; color: #7a3d00; }
details { font-size: .85rem; margin-top: .4rem; } details pre { max-height: 20rem; }
summary { cursor: pointer; color: #47525d; }
math[display="block"] { margin: 1rem 0; }
@media print { figure { break-inside: avoid; } details { display: none; } main { margin: 0 auto; } }
"""
_DRAW = """
for (const data of document.querySelectorAll('script[type="application/json"]')) {
  const chart = document.getElementById(data.dataset.chart);
  const figure = JSON.parse(data.textContent);
  Plotly.newPlot(chart, figure.data, figure.layout, { displayModeBar: false, responsive: true });
}
"""


def page(title: str, parts: Sequence[Shown]) -> bytes:
    """The file. Scripts are named by what they are: nothing that somebody wrote can be one."""
    library = chart_library()
    has_figures = any(isinstance(part, ShownFigure) for part in parts)
    scripts = [library, _DRAW] if has_figures else []
    allowed = " ".join(f"'sha256-{_digest(script)}'" for script in scripts) or "'none'"
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
    body = "".join(_part(number, part) for number, part in enumerate(parts))
    heading = "" if _begins_with_heading(parts) else f"<h1>{html.escape(title)}</h1>"
    made = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">
<title>{html.escape(title)}</title><style>{_STYLE}</style></head>
<body><main>
{heading}
{body}
</main>
{"".join(f"<script>{script}</script>" for script in scripts)}
</body></html>
"""
    return made.encode()


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _begins_with_heading(parts: Sequence[Shown]) -> bool:
    first = parts[0] if parts else None
    return isinstance(first, ShownHtml) and first.html.startswith("<h1>")


def _part(number: int, part: Shown) -> str:
    if isinstance(part, ShownHtml):
        return part.html
    if isinstance(part, ShownFigure):
        return _figure(number, part)
    return f'<p class="missing">{html.escape(part.message)}</p>'


def _figure(number: int, figure: ShownFigure) -> str:
    style = "".join(
        f"{side}:{length:g}mm;max-width:100%;"
        for side, length in (("width", figure.width_mm), ("height", figure.height_mm))
        if length
    )
    lines = as_csv(figure.drawing).splitlines()
    numbers = html.escape("\n".join(lines[:_MOST_NUMBERS]))
    more = f"\n… {len(lines) - _MOST_NUMBERS:,} lines more" if len(lines) > _MOST_NUMBERS else ""
    name = html.escape(figure.title)
    sized = f' style="{style}"' if style else ""
    return (
        f'<figure><div class="chart" id="chart-{number}" role="img" aria-label="{name}"{sized}></div>'
        f"<figcaption>{figure.caption}</figcaption>"
        f"<details><summary>Its numbers</summary><pre>{numbers}{more}</pre></details>"
        f'<script type="application/json" data-chart="chart-{number}">{in_script(figure.drawing)}</script>'
        "</figure>"
    )
