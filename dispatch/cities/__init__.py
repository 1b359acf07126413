"""Cities as data: one folder a city, and the code that reads it.
No ORM and no HTTP here; `seed_city` writes what is read, the simulation plays it."""
