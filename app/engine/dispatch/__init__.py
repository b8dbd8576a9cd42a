"""One job after the other, to the WMS or to the shop, each call recorded."""
