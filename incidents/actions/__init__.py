"""What can happen in a room: one verb, one function, one transaction, in the dispatcher's words."""
