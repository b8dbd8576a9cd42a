"""The HTML of the authorization server's pages. They work without JavaScript."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

_STYLE = """
body { font-family: sans-serif; background: #f2f2ef; margin: 0; }
main { max-width: 30rem; margin: 3rem auto; background: #fff; padding: 1.5rem 2rem; border-radius: .5rem; }
label { display: block; margin: .6rem 0; }
input:not([type=checkbox]) { display: block; width: 100%; padding: .4rem; box-sizing: border-box; }
button { padding: .6rem 1.2rem; margin-right: .6rem; } .wrong { color: #a00; }
"""


def login(action: str, shop: str = "", email: str = "", *, is_wrong: bool = False) -> str:
    """The fields are `shop`, `email`, `password` and `code`; what was typed stays, but the password."""
    wrong = '<p class="wrong" role="alert">Butikk, e-post eller passord er feil.</p>' if is_wrong else ""
    return _page(
        "Logg inn",
        f"""{wrong}<form method="post" action="{escape(action)}">
<label>Butikk <input name="shop" value="{escape(shop)}" required></label>
<label>E-post <input name="email" value="{escape(email)}" required></label>
<label>Passord <input name="password" type="password" required></label>
<label>Engangskode (valgfri) <input name="code" autocomplete="one-time-code"></label>
<button id="log-in">Logg inn</button></form>""",
    )


def consent(app: str, shop: str, scopes: Sequence[str], action: str) -> str:
    """Each right has a tick, which the person may take off. The buttons are named `decision`."""
    rights = "\n".join(
        f'<label><input type="checkbox" name="scope" value="{escape(one)}" checked> <code>{escape(one)}</code></label>'
        for one in scopes
    )
    return _page(
        f"Gi {app} tilgang",
        f"""<p><b>{escape(app)}</b> ber om tilgang til butikken <b>{escape(shop)}</b>:</p>
<form method="post" action="{escape(action)}">
{rights}
<p><button id="allow" name="decision" value="allow">Tillat</button>
<button id="deny" name="decision" value="deny">Avslå</button></p></form>
<p><a href="/logout?next={quote(action, safe="")}">En annen butikk</a></p>""",
    )


def refusal(reason: str) -> str:
    return _page("Forespørselen er avvist", f'<p class="wrong">{escape(reason)}</p>')


def _page(title: str, content: str) -> str:
    return f"""<!doctype html>
<html lang="nb"><head><meta charset="utf-8"><title>{escape(title)} – Mystore (simulert)</title>
<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>
<body><main><h1>{escape(title)}</h1>
{content}
</main></body></html>"""
