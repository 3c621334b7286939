"""The operations that the emulator answers itself, one module per service, each with its `OPERATIONS`."""
