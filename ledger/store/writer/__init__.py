"""Group commit: what happens to a request between the ledger's door and the commit that answers it.

`writer` is the thread, `transaction` one batch's way through the database. In it `deciding` serves each request in turn
on a `batch`, from `memory`; `stage` holds what is not allowed yet, `journal` and `rows` what is written.
"""
