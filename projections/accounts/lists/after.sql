-- What comes after the page before.
AND ({key}, a.stream_id) {beyond} (%(after_key)s::{type}, %(after_stream)s::uuid)
