"""The demonstration: an AWS emulator on loopback, a seeded account, a recorded cluster."""
