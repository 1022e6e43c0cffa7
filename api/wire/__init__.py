"""The wire: the one place where the JSON API is described.

`operations` names every path with its request and response schema; `schema.load` reads a body against one and
`schema.check_answer` proves an answer against one; `json` parses and renders without floats; `openapi` writes
the OpenAPI 3.1 document from the same schemas.
"""
