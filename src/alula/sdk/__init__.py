"""Authoring: one decorator for work, one for graphs, plain Python in between. `serialize` turns entities into IDL."""
