"""Peers and floors: a few lines each that do what the peer's documentation shows."""
