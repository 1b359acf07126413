"""What happened: centers, calls, incidents, the timeline and owed work. Knows nothing of who is sent."""
