"""The one exception that ends a script with a sentence instead of a traceback.
No handling here: each script's `main` prints it and exits 1."""


class Trouble(Exception):
    """Something the person at the keyboard can mend; its text says what and how."""
