"""The living room: a simulated city and replayed records, played through the public HTTP API alone.
Nothing here reads or writes the database; the commands `simulate` and `replay` bring the tokens."""
