-- What comes before the page after, which begins among those that have nothing to be sorted by.
(NOT lacks OR stream_id {beyond} %(after_stream)s::uuid)
