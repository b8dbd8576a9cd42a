"""How calls reach the simulated mystore: the API, the pages of its authorization server, and the routes under `/_sandbox`."""
