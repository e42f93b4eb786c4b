"""The command line, `anpyc`. Each command imports what it needs when it is called."""
