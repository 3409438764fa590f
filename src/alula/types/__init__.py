"""Python annotations ↔ `core.LiteralType`, Python values ↔ `core.Literal`; one file per family of types."""
