"""Years of data: an invented past, archives of whole months, and what is deleted when it no longer serves.
Used by commands and by the sweeper only; no screen and no action imports from here."""
