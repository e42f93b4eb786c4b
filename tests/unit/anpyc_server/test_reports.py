"""Reports: kept against two editors, harmless whatever stands in them, one file, anonymous where asked."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from anpyc.settings import Settings
from anpyc_cli.main import app
from anpyc_queue.tables import UNSORTED, Run
from anpyc_server.reports.anonymity import LEFT_OUT, Scrubber
from anpyc_server.reports.writing import Block, Mistake, Prose, pieces_of
from serving import Server, Trainer, a_worker, ended, queued, serving, spec


def _make(server: Server, text: str = "", title: str = "First", **more: Any) -> Any:
    response = server.http.post("/api/reports", json={"title": title, "text": text, **more})
    assert response.status_code == 201, response.text
    return response.json()


def _edit(server: Server, report: Any, **change: Any) -> Any:
    return server.http.patch(f"/api/reports/{report['id']}", json=change)


def _file(server: Server, report: Any, **params: Any) -> str:
    response = server.http.get(f"/api/reports/{report['id']}/file", params=params)
    assert response.status_code == 200, response.text
    return response.text


def _parts(server: Server, text: str) -> list[Any]:
    response = server.http.post("/api/reports/preview", json={"text": text})
    assert response.status_code == 200, response.text
    parts: list[Any] = response.json()["parts"]
    return parts


# --- kept ---------------------------------------------------------------------------------------------------


def test_a_report_is_made_edited_copied_and_deleted(server: Server) -> None:
    report = _make(server, "# One")
    assert (report["version"], report["project_id"], report["text"]) == (1, UNSORTED, "# One")
    edited = _edit(server, report, text="# Two", title="Second", version=1).json()
    assert (edited["version"], edited["title"], edited["text"]) == (2, "Second", "# Two")
    assert _edit(server, report, text="# Two").json()["version"] == 2, "nothing was another"
    copy = server.http.post(f"/api/reports/{report['id']}/duplicate").json()
    assert (copy["title"], copy["text"], copy["version"]) == ("Second (copy)", "# Two", 1)
    listed = server.get("/api/reports")["items"]
    assert [each["title"] for each in listed] == ["Second (copy)", "Second"]
    assert "text" not in listed[0]
    assert server.http.delete(f"/api/reports/{report['id']}").json() == {"id": report["id"]}
    assert server.http.get(f"/api/reports/{report['id']}").status_code == 404


def test_of_two_editors_nobody_loses_a_word(server: Server) -> None:
    report = _make(server, "theirs before")
    assert _edit(server, report, text="theirs", version=1).status_code == 200
    refused = _edit(server, report, text="mine", version=1)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conflict")
    assert "Nothing was overwritten" in refused.json()["error"]["message"]
    assert server.get(f"/api/reports/{report['id']}")["text"] == "theirs"


def test_a_report_belongs_to_a_project_and_outlives_it(server: Server) -> None:
    project = server.http.post("/api/projects", json={"name": "Paper"}).json()
    report = _make(server, project="paper")
    _make(server, title="Elsewhere")
    assert [each["id"] for each in server.get("/api/reports", project="Paper")["items"]] == [report["id"]]
    assert server.http.delete(f"/api/projects/{project['id']}").status_code == 200
    assert server.get(f"/api/reports/{report['id']}")["project_id"] == UNSORTED
    unknown = server.http.post("/api/reports", json={"title": "x", "project": "nowhere"})
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"title": ""}, {"title": "x" * 201}, {"title": "x", "text": "y" * 200_001}, {"title": "a\nb"},
     {"title": "x", "text": "\0"}, {"title": "x", "more": 1}],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(server: Server, body: dict[str, Any]) -> None:
    assert server.http.post("/api/reports", json=body).status_code == 422
    assert server.get("/api/reports")["items"] == []


# --- written ------------------------------------------------------------------------------------------------


def test_blocks_are_read_and_mistakes_told() -> None:
    pieces = pieces_of(
        "# A\n\n```figure\nrun: R\nname: loss\n```\n\n> ```figure\n> name: quoted\n> ```\n\n"
        "```runs\n: [\n```\n\n```python\nx = 1\n```"
    )
    assert [type(piece) for piece in pieces] == [Prose, Block, Prose, Mistake, Prose]
    assert isinstance(pieces[1], Block)
    assert pieces[1].options == {"run": "R", "name": "loss"}


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](https://evil.example/pixel.png)",
    "<svg onload=alert(1)>",
    "$\\href{javascript:alert(1)}{x}$",
    "$\\text{<script>alert(1)</script>}$",
    "$\\text{&lt;script&gt;alert(1)&lt;/script&gt;}$",
    "$\\mathrm{<img src=x onerror=alert(1)>}$",
    "`</code><script>alert(1)</script>`",
    "<!-- --><iframe srcdoc='<script>alert(1)</script>'>",
    "[x]: javascript:alert(1)\n[x]",
    '<a href="//evil.example">x</a>',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(library: Server, text: str) -> None:
    (made,) = _parts(library, f"before\n\n{text}\n\nafter")
    tags = re.findall(r"<(/?\w+)([^>]*)>", made["html"])
    assert {name.strip("/") for name, _ in tags} <= {
        "p", "code", "pre", "a", "math", "mrow", "mi", "mo", "mn", "mtext", "mstyle", "msup",
        "msub", "mfrac", "eq", "div", "span",
    }, made["html"]  # fmt: skip
    for _, attributes in tags:
        assert not re.search(r"\son\w+=|javascript:|data:|src=|srcdoc", attributes), made["html"]


def test_formulas_are_mathml_and_what_is_none_stays_as_written(library: Server) -> None:
    (made,) = _parts(library, "Loss $L + \\lambda F$ and $$\\sum_i x_i^2$$ but $\\frac{$.")
    assert made["html"].count("<math") >= 2
    assert "λ" in made["html"]


def test_a_figure_a_table_and_runs_stand_where_they_are_asked_for(
    library: Server, finished: Trainer, half_way: Trainer
) -> None:
    run, other = finished.claim.run_id, half_way.claim.run_id
    parts = _parts(
        library,
        f"# Results\n\n```figure\nrun: {run}\nname: mask_heatmap\nlayer: fc1.weight\ntask: 2\n"
        f"caption: Masks of *fc1*, $t = 2$\nwidth: column\n```\n\n"
        f"```table\nruns: {run}, {other}\nmetrics: average_accuracy\n```\n\n"
        '```runs\nfilter: name = "Pruned and kept"\ncolumns: name, lam, accuracy\nlimit: 5\n```\n',
    )
    assert [part["kind"] for part in parts] == ["html", "figure", "html", "html"]
    figure = parts[1]["figure"]
    assert (figure["name"], figure["runs"]) == ("mask_heatmap", [run])
    assert figure["options"] == {"layer": "fc1.weight", "task": 2}
    assert "<em>fc1</em>" in parts[1]["html"]
    assert "<math" in parts[1]["html"]
    assert "Average accuracy (%) ↑" in parts[2]["html"]
    assert "Pruned and kept" in parts[3]["html"]


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("figure\nrun: R\nname: nothing", "There is no figure 'nothing'"),
        ("figure\nname: loss", "names 1 to 50 runs"),
        ("figure\nrun: {run}\nname: loss\ncolour: red", "loss has no option 'colour'"),
        ("figure\nrun: {run}\nname: loss\npoints: 3", "points"),
        ("figure\nrun: {run}, {run}2\nname: loss", "shows one run"),
        ("figure\nrun: {run}\nname: loss\nwidth: wide", "a width or height is column"),
        ("figure\nrun: gone\nname: loss", "gone"),
        ("table\nruns: {run}\nmetrics: beauty", "there is no metric 'beauty'"),
        ("table\nruns: {run}\nspread: wide", "`spread` is std or interval or none"),
        ("runs\nfilter: 'lam >'", "runs cannot be shown"),
        ("runs\ncolumns: beauty", "beauty"),
        ("runs\nlimit: 5000", "`limit` is 1 to 200"),
        ("runs\n- a\n- b", "lines of `name: value`"),
    ],
)  # fmt: skip
def test_a_wrong_block_says_so_in_its_place(
    library: Server, finished: Trainer, block: str, said: str
) -> None:
    run = finished.claim.run_id
    (before, problem, after) = _parts(library, f"a\n\n```{block.format(run=run)}\n```\n\nb")
    assert (before["kind"], problem["kind"], after["kind"]) == ("html", "problem", "html")
    assert said in problem["message"]


# --- published ----------------------------------------------------------------------------------------------


def test_the_file_needs_nothing_and_lets_nothing_run_but_its_own(library: Server, finished: Trainer) -> None:
    run = finished.claim.run_id
    text = (
        f"# Results </script>\n\n```figure\nrun: {run}\nname: forgetting_curve\n"
        f"caption: '</script><script>alert(1)</script>'\n```\n\n```figure\nrun: {run}\nname: loss\n```\n"
    )
    page = _file(library, _make(library, text, title="A <b>bold</b> </title><script>alert(1)</script>"))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "connect-src" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts}
    assert set(re.findall(r"'sha256-([^']+)'", policy)) == digests, "every script is one of its own"
    assert len(scripts) == 2
    assert page.count('<script type="application/json"') == 2
    assert not re.search(r"<(?:link|img|iframe|object|embed|base)\b", page.replace(scripts[0], ""))
    assert "alert(1)</script>" not in page
    assert len(page) < 6_000_000
    assert "Its numbers" in page, "read without scripts, too"


def test_a_report_of_a_comparison_is_whole(server: Server) -> None:
    keys = []
    for kind in ("anpyc", "ewc"):
        for seed in (0, 1):
            run = ended(server.database, spec(name=kind, strategy={"kind": kind}, seed=seed), 0.9 + seed / 50)
        keys.append(f"spec:{server.get(f'/api/runs/{run}')['spec_hash']}")
    response = server.http.post("/api/reports/comparison", json={"run": keys, "baseline": keys[0]})
    assert response.status_code == 201, response.text
    report = response.json()
    for part in ("## Methods", "## Protocol", "```table", "```figure", f"baseline: {keys[0]}"):
        assert part in report["text"]
    kinds = [part["kind"] for part in _parts(server, report["text"])]
    assert kinds.count("html") >= 3
    page = _file(server, report)
    assert "| Benchmark | " in report["text"]
    assert "Kind" not in report["text"]
    assert "± is the sample standard deviation over seeds" in page, "footnotes stand below the table"
    gone = server.http.post("/api/reports/comparison", json={"run": ["gone"]})
    assert gone.status_code == 404


# --- anonymous ----------------------------------------------------------------------------------------------

PEOPLE = ("Grace Hopper", "ci-bot of the vision lab")
HOST = "gpu7.secret-lab.example"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server with people, machines and places in its database."""
    folder = tmp_path_factory.mktemp("hopper-lab")
    token = SecretStr("a-token-of-some-length")
    with serving(Settings(data_dir=folder, token=token)) as running:
        running.http.headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        for name in PEOPLE:
            running.http.post("/api/access/tokens", json={"name": name})
        running.http.post("/api/projects", json={"name": "Grant 4711"})
        a_worker(running.database, f"{HOST}-1")
        runs = []
        for kind in ("anpyc", "ewc"):
            wanted = spec(name=f"Hopper's {kind} <try> #7", strategy={"kind": kind})
            trainer = Trainer(running.database, queued(running.database, wanted)).train()
            trainer.finish()
            runs.append(trainer.claim.run_id)
        with running.database.write() as session:
            for run_id in runs:
                run = session.get_one(Run, run_id)
                run.notes = "ask Hopper"
                run.tags = ["for-grace"]
                run.environment = {
                    **run.environment, "host": HOST, "commit": "c0ffee1234",
                    "git_remote": "git@code.secret-lab.example:hopper/anpyc.git",
                }  # fmt: skip
        yield running, runs


def test_the_anonymous_file_names_nobody_and_nothing(lab: tuple[Server, list[str]]) -> None:
    server, runs = lab
    data_dir = str(server.services.settings.data_dir)
    address = str(server.http.base_url)
    text = (
        f"# What Grace Hopper found on {HOST}\n\nSee [the run]({address}/runs/{runs[0]}), in {data_dir}/x, "
        f"of Grant 4711, by grace hopper; {runs[1]} and Hopper's anpyc <try> #7.\n\n"
        f"```figure\nrun: {runs[0]}\nname: forgetting_curve\ncaption: By Grace Hopper\n```\n\n"
        f"```figure\nruns: {runs[0]}, {runs[1]}\nname: compare_average_accuracy\n```\n\n"
        f"```figure\nruns: {runs[0]}, {runs[1]}\nname: parallel_coordinates\n```\n\n"
        f"```table\nruns: {runs[0]}, {runs[1]}\nsettings: true\n```\n\n"
        "```runs\ncolumns: name, id, host, commit, notes, tags, project, lam, accuracy\n```\n\n"
        "```figure\nrun: gone\nname: loss\ntitle: Grace Hopper\n```\n"
    )  # fmt: skip
    report = _make(server, text, title="Grace Hopper's results", project="Grant 4711")
    page = _file(server, report, anonymous=True)
    own = page[: page.index("/**")] + page[page.rindex("<script>") :] if "/**" in page else page
    body = own[own.index("<body>") :] if "<body>" in own else own
    names = [
        *PEOPLE, HOST, "Hopper", "for-grace", "c0ffee1234", "secret-lab", "Grant 4711", data_dir, *runs,
        *(run[-6:] for run in runs), address, "git@", str(Path.home()),
    ]  # fmt: skip
    for name in names:
        assert name.lower() not in body.lower(), name
        assert name.lower() not in page[: page.index("<style>")].lower(), name
    assert "forgetting" in body
    assert "anpyc" in body.lower()
    assert "EWC" in body, "methods are told apart all the same"
    assert LEFT_OUT in body
    named = _file(server, report, anonymous=True, project=True)
    assert "Project: Grant 4711" in named
    assert "Hopper" not in named[named.index("<body>") :]
    assert "Grace Hopper" in _file(server, report), "the other one says what it says"


def test_names_go_and_words_stay() -> None:
    scrubber = Scrubber(["anna", "host-1", "a", "C++ lab"])
    assert scrubber.text("Anna's savanna on host-1 of the C++ lab") == (
        f"{LEFT_OUT}'s savanna on {LEFT_OUT} of the {LEFT_OUT}"
    )
    assert scrubber.html('<a href="https://x/anna" title="y">anna</a>') == f"<a>{LEFT_OUT}</a>"
    drawing = {"data": [{"type": "bar", "name": "anna", "x": ["anna"]}]}
    assert scrubber.figure(drawing)["data"][0]["name"] == LEFT_OUT
    assert Scrubber([]).text("anna") == "anna"


def test_the_command_line_saves_a_report(library: Server, tmp_path: Path) -> None:
    report = _make(library, "# Said\n\nby all.")
    target = tmp_path / "report.html"

    def anpyc(*words: str) -> Any:
        return CliRunner().invoke(app, ["report", *words, "--url", str(library.http.base_url)])

    said = anpyc("export", report["id"], "-o", str(target))
    assert said.exit_code == 0, said.output
    assert target.read_text() == _file(library, report)
    listed = anpyc("list")
    assert report["id"] in listed.output
    assert anpyc("export", "nothing").exit_code == 2
