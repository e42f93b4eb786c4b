"""The form that a browser signs in with, and the link that does it once."""

from __future__ import annotations

import re
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse

from anpyc.private_files import private_file
from anpyc.settings import Settings

SIGN_IN = "/sign-in"
LINK_FILE = "sign-in-link"
FORM_BYTES = 4_096
_PAGE_HERE = re.compile(r"/(?:[A-Za-z0-9_.~%!$&'()*+,;=:@?-][\x21-\x5b\x5d-\x7e]{0,2000})?")
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in · ANPyC Dashboard</title>
<style>
:root {{
  color-scheme: light dark;
  --page: light-dark(#f8f7f4, #111417); --surface: light-dark(#fff, #181c20);
  --ink: light-dark(#191d22, #e9e7e2); --quiet: light-dark(#616a75, #8d96a0);
  --line: light-dark(#c9c5bc, #414953); --accent: light-dark(#2456c8, #3a67d0);
  --danger: light-dark(#b3261e, #ff8a80);
}}
body {{
  font: 15px/1.5 system-ui, sans-serif; max-width: 22rem; margin: 18vh auto; padding: 0 1rem;
  background: var(--page); color: var(--ink);
}}
h1 {{ font-size: 20px; margin: 0 0 1rem; }}
label {{ font-size: 13px; font-weight: 600; }}
input, button {{
  font: inherit; width: 100%; padding: .5rem .6rem; box-sizing: border-box; margin-top: .3rem;
  border-radius: 6px;
}}
input {{ background: var(--surface); color: inherit; border: 1px solid var(--line); }}
button {{ background: var(--accent); color: #fff; border: 0; font-weight: 600; margin-top: .6rem; }}
:focus-visible {{ outline: 2px solid var(--accent); outline-offset: 2px; }}
p {{ font-size: 13px; color: var(--quiet); }}
[role=alert] {{ color: var(--danger); }}
[role=alert]:empty {{ display: none; }}
</style>
<h1>ANPyC Dashboard</h1>
<form method="post" action="{action}">
<input type="hidden" name="to" value="{to}">
<label>Token<input name="token" type="password" autocomplete="current-password" required autofocus></label>
<button>Sign in</button>
</form>
<p role="alert">{message}</p>
<p>It is the server's <code>ANPYC_TOKEN</code>, or a token that its owner has made for you.</p>
</html>
"""


class LinkFile:
    """Where the link that signs a browser in once is kept: in the data folder, for its owner alone.

    Not in a log, which others may read.
    """

    def __init__(self, settings: Settings) -> None:
        self._address = settings.address
        self.path = settings.data_dir / LINK_FILE

    def write(self, code: str) -> None:
        """Keep a link."""
        private_file(self.path).write_text(f"{self._address}{SIGN_IN}?once={code}\n")

    def remove(self) -> None:
        """It was used, or the server ends."""
        self.path.unlink(missing_ok=True)


def form(root: str, message: str = "", status: int = 200, to: str = "/") -> HTMLResponse:
    """The form, below the path that the dashboard is shown at; ``to`` is where it leads."""
    filled = _PAGE.format(action=escape(f"{root}{SIGN_IN}"), message=escape(message), to=escape(to))
    return HTMLResponse(filled, status)


def page_here(wanted: str) -> str:
    """``wanted``, where that is the path of a page of this server, with its query; else its first page.

    A browser takes ``//host`` and ``/\\host`` for another server.
    """
    return wanted if _PAGE_HERE.fullmatch(wanted) else "/"


async def body_of(request: Request) -> bytes | None:
    """What the form has sent; None where that is too long for one."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            return None
    return body
