-- The customer with this internal id, which is the stream's and stands in no text of a row.
AND a.stream_id = %(internal)s::uuid
