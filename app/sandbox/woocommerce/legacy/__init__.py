"""The simulated shop's older APIs: `/wc-api`, `wc/v1` and `wc/v2`. `edition` is the only part that the rest uses."""
