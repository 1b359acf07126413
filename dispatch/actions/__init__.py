"""Who is sent and what they do: one verb, one function, one transaction, in the dispatcher's words."""
