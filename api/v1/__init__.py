"""The JSON API that the official SDKs speak: one file per namespace, one function per operation.

A handler is given the call and the body as its schema read it; it asks the ledger and answers a plain dict.
"""
