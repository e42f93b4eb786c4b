"""A run as one page of HTML that opens anywhere: its sentence, its figures with theirs, its specification.

The figures draw themselves with plotly.js, which the page carries: no network is needed to read it.
"""

from __future__ import annotations

import html
import json

from anpyc.measures import MEASURES
from anpyc_queue import notes
from anpyc_server.figures.canvas import Drawing
from anpyc_server.figures.drawing import draw
from anpyc_server.figures.palette import THEMES
from anpyc_server.figures.registry import standing_on
from anpyc_server.page import chart_library
from anpyc_server.records.lookup import find_run
from anpyc_server.records.run_schemas import RunAnswer
from anpyc_server.records.run_view import QueueView, detailed
from anpyc_server.services import Services
from anpyc_server.wording import duration

_STYLE = """
:root { font: 16px/1.55 Inter, system-ui, -apple-system, "Segoe UI", sans-serif; }
:root { color: #1f2933; background: #fff; }
body { margin: 0; }
main { max-width: 60rem; margin: 3rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 2.5rem 0 .25rem; }
.state, .made { color: #5b6672; }
.lead { font-size: 1.15rem; }
.note { white-space: pre-wrap; border-left: 3px solid #cbd2d9; padding-left: .8rem; }
.figure { height: 26rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td { padding: .15rem 1.5rem .15rem 0; }
pre { background: #f4f6f7; padding: 1rem; overflow: auto; font-size: .85rem; }
@media print { .figure { break-inside: avoid; } }
"""


def report(services: Services, run_id: str) -> bytes:
    """The page."""
    library = chart_library()
    with services.database.read() as session:
        run = detailed(session, find_run(session, run_id), QueueView(session))
        written = {note.figure: note.text for note in notes.of_run(session, run_id)}
    figures = [draw(services, name, [run_id], THEMES["light"]) for name in standing_on("report")]
    sections: list[str] = []
    for number, (name, figure) in enumerate(zip(standing_on("report"), figures, strict=True)):
        meta = figure["layout"]["meta"]
        sections.append(f"<section><h2>{meta['title']}</h2><p>{html.escape(meta['sentence'])}</p>")
        if not meta["empty"]:
            sections.append(f'<div class="figure" id="figure-{number}"></div><script>')
            sections.append(f"Plotly.newPlot('figure-{number}', {_inline(figure)});</script>")
        sections.append(f"{_note(written.get(name, ''))}</section>")
    page = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{html.escape(run.name)}</title><style>{_STYLE}</style><script>{library}</script></head>
<body><main>
<h1>{html.escape(run.name)}</h1>
<p class="state">{html.escape(_state(run))}</p>
<p class="lead">{html.escape(run.sentence)}</p>
{_note(run.notes)}
{_metrics(run)}
{"".join(sections)}
{_tasks(run)}
<h2>Specification</h2>
<pre>{html.escape(json.dumps(run.spec, indent=2, ensure_ascii=False))}</pre>
<h2>Environment</h2>
<pre>{html.escape(json.dumps(run.environment, indent=2, ensure_ascii=False))}</pre>
</main></body></html>
"""
    return page.encode()


def _note(text: str) -> str:
    """What somebody wrote, as it was written."""
    return f'<p class="note">{html.escape(text)}</p>' if text.strip() else ""


def _inline(figure: Drawing) -> str:
    """A figure's JSON inside a script: nothing in it can end the script."""
    content = figure | {"config": {"displaylogo": False, "responsive": True}}
    return json.dumps(content, ensure_ascii=True, allow_nan=False).replace("<", "\\u003c")


def _tasks(run: RunAnswer) -> str:
    """What each task is, by number."""
    titles = run.plan.task_titles
    rows = [
        f"<tr><td>task {task}</td><td>{html.escape(title)}</td></tr>" for task, title in enumerate(titles)
    ]
    return f"<h2>Tasks</h2><table>{''.join(rows)}</table>" if rows else ""


def _state(run: RunAnswer) -> str:
    parts = [run.state_sentence, f"seed {run.seed}", f"run {run.id}", f"{run.created_at:%Y-%m-%d %H:%M} UTC"]
    if run.seconds is not None:
        parts.append(duration(run.seconds))
    return " · ".join(parts)


def _metrics(run: RunAnswer) -> str:
    rows = [
        f"<tr><td>{MEASURES[known.name].title}</td><td>{known.text}</td><td>{html.escape(known.note)}</td></tr>"
        for known in run.key_numbers
        if known.text is not None
    ]
    return f"<table>{''.join(rows)}</table>" if rows else ""
