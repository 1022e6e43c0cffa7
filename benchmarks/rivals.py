"""Which figures of the rivals ours are held against. Each is only used when the same run measured it."""

STOCK = "eventsourcing"
TRUSTED = "eventsourcing.trusted"
UMADB = "umadb"
RAW = "insert.64"
ALL = (STOCK, TRUSTED, UMADB, RAW)
