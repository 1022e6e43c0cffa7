"""A batch as rows: every statement of its transaction, sent in one pipeline that ends with the commit."""

from collections.abc import Sequence
from typing import Any

from ledger.store.binary import BigintArray, ByteaArray, InstantArray, TextArray, UuidArray
from ledger.store.chain import (
    Head,
    bigint_field,
    bytes_field,
    instant_field,
    text_field,
    uuid_field,
)
from ledger.store.pipe import Call
from ledger.store.reading import SnapshotRow
from ledger.store.recorder import LedgerRecorder
from ledger.store.snapshots import kept_parameters
from ledger.store.writer.batch import Batch


def write(recorder: LedgerRecorder, batch: Batch) -> tuple[Head, list[Call]]:
    """Everything that the batch decided as calls, and the head as it will be. The caller commits."""
    head, calls, ledger_id = batch.head, list[Call](), batch.memory.ledger_id
    if batch.journal.drafts:
        head, calls = recorder.append(head, batch.journal.drafts, batch.recorded_at)
    rows = [
        *_claims(batch),
        *_due(batch),
        *_onces(batch),
        *_data_keys(batch),
        *_kept("upsert_snapshots", batch, batch.journal.snapshots),
        *_kept("upsert_milestones", batch, batch.journal.milestones),
    ]
    calls += [Call(name, {"ledger_id": ledger_id, **parameters}) for name, parameters in rows]
    return head, calls


Rows = list[tuple[str, dict[str, Any]]]


def _claims(batch: Batch) -> Rows:
    rows: Rows = []
    for name, claims in (
        ("delete_claims", batch.claims.given_back()),
        ("insert_claims", batch.claims.taken(shared=False)),
        ("insert_shared_claims", batch.claims.taken(shared=True)),
    ):
        if claims:
            count = len(claims)
            parameters = {
                "kinds": TextArray.of([text_field(kind) for (kind, _), _ in claims], count),
                "values": TextArray.of([text_field(value) for (_, value), _ in claims], count),
                "stream_ids": UuidArray.of([uuid_field(stream_id) for _, stream_id in claims], count),
            }
            rows.append((name, parameters))
    return rows


def _due(batch: Batch) -> Rows:
    rows: Rows = []
    over = [uuid_field(stream_id) for stream_id, due_at in batch.journal.due if due_at is None]
    soon = [(uuid_field(stream_id), instant_field(at)) for stream_id, at in batch.journal.due if at is not None]
    if over:
        rows.append(("delete_due", {"stream_ids": UuidArray.of(over, len(over))}))
    if soon:
        parameters = {
            "stream_ids": UuidArray.of([stream_id for stream_id, _ in soon], len(soon)),
            "due_ats": InstantArray.of([at for _, at in soon], len(soon)),
        }
        rows.append(("upsert_due", parameters))
    return rows


def _onces(batch: Batch) -> Rows:
    uses = batch.onces.uses
    if not uses:
        return []
    count = len(uses)
    parameters = {
        "holders": TextArray.of([text_field(use.once.holder) for use in uses], count),
        "keys": TextArray.of([text_field(use.once.key) for use in uses], count),
        "verbs": TextArray.of([text_field(use.once.verb) for use in uses], count),
        "request_hashes": ByteaArray.of([bytes_field(use.once.request_hash) for use in uses], count),
        "began_afters": BigintArray.of([bigint_field(use.began_after) for use in uses], count),
        "positions": BigintArray.of([bigint_field(use.position) for use in uses], count),
        "business_nows": InstantArray.of([instant_field(use.business_now) for use in uses], count),
        "recorded_at": batch.recorded_at,
        # Arrays of arrays must be even, so each row's list travels as text.
        "stream_ids": TextArray.of([text_field(_list(use.stream_ids)) for use in uses], count),
        "event_counts": TextArray.of([text_field(_list(use.event_counts)) for use in uses], count),
    }
    return [("insert_idempotency", parameters)]


def _list(values: Sequence[object]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def _data_keys(batch: Batch) -> Rows:
    made = batch.memory.keys.made
    if not made:
        return []
    parameters = {
        "stream_ids": UuidArray.of([uuid_field(stream_id) for stream_id in made], len(made)),
        "wrapped_keys": ByteaArray.of([bytes_field(key) for key in made.values()], len(made)),
    }
    return [("insert_data_keys", parameters)]


def _kept(name: str, batch: Batch, taken: Sequence[SnapshotRow]) -> Rows:
    return [(name, kept_parameters(taken, batch.memory.kinds.code_version))] if taken else []
