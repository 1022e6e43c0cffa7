-- What customers.list searches in: any part of an id, a name or an e-mail address.
CREATE INDEX customers_by_search ON customers USING gin (search gin_trgm_ops) WHERE deleted_at IS NULL;
