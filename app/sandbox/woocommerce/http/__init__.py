"""How calls reach the simulated shop: its front, the login, the lists, and the routes under `/_sandbox`."""
