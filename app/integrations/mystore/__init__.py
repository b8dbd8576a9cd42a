"""mystore.no: a web shop over JSON:API. Each assumption about its API is a setting (`settings.py`)."""
