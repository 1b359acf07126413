"""Siaga's measurements: each against the real stack, with its floor in turn inside the same run."""
