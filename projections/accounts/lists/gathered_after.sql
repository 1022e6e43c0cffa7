-- What comes after the page before: those that have nothing to be sorted by are still to come.
(lacks OR (sorted_by, stream_id) {beyond} (%(after_key)s::{type}, %(after_stream)s::uuid))
