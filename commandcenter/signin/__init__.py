"""Signing in: password, second factor, lock after failures, sessions. What a role may do once inside is in `incidents/access.py`."""
