"""The figures Tallystick promises, measured beside its rivals in one run (`python -m benchmarks`)."""
