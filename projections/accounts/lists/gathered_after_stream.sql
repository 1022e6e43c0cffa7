-- What comes after the page before, among those that have nothing to be sorted by.
(lacks AND stream_id {beyond} %(after_stream)s::uuid)
