"""Alula: typed, versioned, cached, durable workflows for machine learning and data."""
