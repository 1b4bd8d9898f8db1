"""The page for a browser that asks under a host name which the service does not answer to.

It stands alone: the web UI's own files are not served under that name either.
"""

from __future__ import annotations

import html
import secrets
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

from imagedepot.model.names.reference import is_host
from imagedepot.ui.page import COMMON, policy

_STATUS = 421
_LONGEST = 253  # characters of a host name
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Image Depot is not known by this name</title>
<style nonce="{nonce}">
:root {{ color-scheme: light dark }}
body {{ margin: 0; display: grid; place-items: center; min-height: 100vh; padding: 24px 16px; box-sizing: border-box;
  font: 1rem/1.5 system-ui, sans-serif; background: #f6f5f1; color: #1c211f }}
main {{ max-width: 620px; width: 100%; box-sizing: border-box; padding: 34px; background: #fff;
  border: 1px solid #e5e3db; border-radius: 14px }}
h1 {{ margin: 0 0 .6em; font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere }}
code {{ font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .95em; overflow-wrap: anywhere }}
pre {{ margin: 1em 0; padding: 12px 14px; border-radius: 10px; background: #efede7; white-space: pre-wrap }}
p {{ margin: 0 0 1em }}
p:last-child {{ margin: 0; color: #5f635d }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #101614; color: #e6ece9 }}
  main {{ background: #171f1c; border-color: #26322e }}
  pre {{ background: #0c1110 }}
  p:last-child {{ color: #9bada6 }}
}}
@media (max-width: 520px) {{ main {{ padding: 24px 20px }} }}
</style>
</head>
<body>
<main>
{content}
</main>
</body>
</html>
"""
_NAMED = """\
<h1>Image Depot does not answer to {host}</h1>
<p>If this is a name of yours for this device or its reverse proxy, add this line to the environment of
<code>imagedepot serve</code>, and start it again:</p>
<pre><code>IMAGEDEPOT_ALLOWED_HOSTS={host}</code></pre>
<p>If the setting has names already, add this one after a comma. Add no name that is not yours: its owner
could point it here.</p>"""
_NAMELESS = """\
<h1>Image Depot does not answer to this address</h1>
<p>The request names no host that can be understood. <code>IMAGEDEPOT_ALLOWED_HOSTS</code> lists the names of this
device and of its reverse proxy.</p>
<p>Open Image Depot by the name or the address of its device.</p>"""


def misdirected(host: str) -> HTMLResponse:
    """`host` is what the request named: anything at all."""
    name = _name(host)
    content = _NAMED.format(host=html.escape(name, quote=True)) if name else _NAMELESS
    nonce = secrets.token_urlsafe(18)
    return HTMLResponse(
        _PAGE.format(nonce=nonce, content=content),
        _STATUS,
        {**COMMON, "Content-Security-Policy": policy(nonce), "Cache-Control": "no-store"},
    )


def _name(host: str) -> str:
    """The host without its port; "" for what no setting could name."""
    if len(host) > _LONGEST or not is_host(host):
        return ""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
    return f"[{name}]" if ":" in name else name
