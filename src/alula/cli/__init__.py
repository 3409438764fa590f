"""The `alula` command: one file per verb, loaded when it is called; `support/` holds what several share."""
