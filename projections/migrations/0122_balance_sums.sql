-- What a customer has of a feature in all: the sums that its balances show, so that lists can show, filter and sort by
-- them. Unlimited ones are beyond every number. Room is left in its pages: these rows change with every use.
CREATE TABLE balance_sums (
    ledger_id  text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    stream_id  uuid NOT NULL,
    feature_id text COLLATE "C" NOT NULL,
    granted    numeric NOT NULL,
    remaining  numeric NOT NULL,
    usage      numeric NOT NULL,
    unlimited  boolean NOT NULL,
    PRIMARY KEY (ledger_id, generation, stream_id, feature_id)
) WITH (fillfactor = 70);

CREATE INDEX balance_sums_by_granted ON balance_sums
    (ledger_id, generation, feature_id, (CASE WHEN unlimited THEN 'Infinity' ELSE granted END), stream_id);
CREATE INDEX balance_sums_by_remaining ON balance_sums
    (ledger_id, generation, feature_id, (CASE WHEN unlimited THEN 'Infinity' ELSE remaining END), stream_id);
CREATE INDEX balance_sums_by_usage ON balance_sums (ledger_id, generation, feature_id, usage, stream_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON balance_sums TO tallystick_app;
