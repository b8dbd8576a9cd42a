"""How calls reach the simulated services: SOAP over HTTP, and the routes under `/_sandbox`."""
