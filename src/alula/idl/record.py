"""What readers and writers of records agree on."""

from __future__ import annotations

TYPE_KEY = "$type"
"""In a record that is one variant of a union, the key that names its class."""
