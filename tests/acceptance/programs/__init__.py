"""Programs that an unmodified flytekit registers and runs."""
