"""What every integration needs: problems in the system's own words, number rules, cursors by time and listings by id.

Lenient JSON readers and the cache are lower still, because the warehouse uses them too (`app.json_reading`, `app.ttl_cache`).
"""
