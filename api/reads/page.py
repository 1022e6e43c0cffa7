"""The frame of /docs."""

import hashlib
from base64 import b64encode
from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code { font-family: ui-monospace, monospace; font-size: 0.9em; }
h2 { border-top: 1px solid #8886; padding-top: 1rem; margin-top: 2rem; font-size: 1.1rem; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; }
td { border-bottom: 1px solid #8883; padding: 0.2rem 0.5rem 0.2rem 0; vertical-align: top; }
td:first-child { white-space: nowrap; width: 1%; padding-right: 1.5rem; }
ul { columns: 2; padding-left: 1.2rem; }
"""
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""Its own style and nothing else."""
PAGE: Final = (
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} API</title>
<style>"""
    + STYLE.replace("{", "{{").replace("}", "}}")
    + """</style>
</head>
<body>
<h1>{title} API</h1>
<p>Every request carries a secret key: <code>Authorization: Bearer am_sk_...</code>. Operations are
<code>POST /v1/&lt;namespace&gt;.&lt;verb&gt;</code> with a JSON body; reads are <code>GET</code>. Every answer says
which position of the ledger it is as of, in the header <code>Ledger-Position</code>. The same description for
machines: <a href="/openapi.json">openapi.json</a>.</p>
<ul>{contents}</ul>
{sections}
<h2>Shapes</h2>
{shapes}
</body>
</html>
"""
)
