"""How calls reach the simulated shop: the API, and the routes under `/_sandbox`."""
