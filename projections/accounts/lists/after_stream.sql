-- What comes after the page before, among those that are only in the order of their streams.
AND a.stream_id {beyond} %(after_stream)s::uuid
