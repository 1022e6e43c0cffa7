"""The way in: the JSON API, the reads for people, the worker and the command line."""
