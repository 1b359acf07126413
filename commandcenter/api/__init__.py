"""The HTTP API, /api/v1: parse, authorise, call one action, answer with rows. No rule of the room lives here."""
