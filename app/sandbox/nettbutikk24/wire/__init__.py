"""How records, paths and refusals of the simulated 24Nettbutikk look on the wire."""
