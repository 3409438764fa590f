"""The project's own tools for tests of the engine: graphs in a few lines, random programs, a run on a stage or under faults."""
