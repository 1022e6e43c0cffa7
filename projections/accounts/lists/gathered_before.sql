-- What comes before the page after: those that have nothing to be sorted by are behind it.
(NOT lacks AND (sorted_by, stream_id) {beyond} (%(after_key)s::{type}, %(after_stream)s::uuid))
