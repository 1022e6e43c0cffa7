"""The catalog: what a ledger offers, and the rules that an offer keeps."""
