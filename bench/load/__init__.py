"""The load generators: programs of their own, so that their cost is not the server's."""
