"""The demo's simulated mystore, which a person connects by its own login and consent pages."""
