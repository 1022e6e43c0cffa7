"""The `tallystick` command. Each subcommand has a file of its own."""
