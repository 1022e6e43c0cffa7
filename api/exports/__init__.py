"""Lists as files: CSV, NDJSON and Parquet, streamed in constant memory from one snapshot.

`choosing` says which format a request asked for, `formats` how rows become bytes, `connections` what an export may
hold of the database, `opening` which rows a file will hold, `download` how the bytes leave, and what happens when
either side gives up half way.
"""
