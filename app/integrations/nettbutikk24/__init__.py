"""24Nettbutikk: a Norwegian web shop that is polled and told over its REST API."""
