"""How much one address, token, session, socket and request may ask of a process. Kept in its memory: no statement, no round trip."""
