"""The live feed: one hub per center and process, whole rows, seq, resume, beat, bounded queues."""
