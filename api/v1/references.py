"""Ids that callers send back: ours are translated to the core's, their own pass as they are."""

from api.call import Call
from api.ids import local_of
from ledger.store.addresses import CustomerAddress


def local_id(call: Call, prefix: str, customer_id: str, sent: str | None) -> str | None:
    """The id the core knows. One of ours that names another customer's is left as it is, and so never found."""
    found = None if sent is None else local_of(prefix, sent)
    if found is None:
        return sent
    stream_id, local = found
    here = call.look(CustomerAddress(customer_id)).steps[0].stream_id
    return local if here == stream_id else sent
