"""The demo's simulated 24Nettbutikk shop, which the gateway looks into by itself: it sends no webhooks."""
