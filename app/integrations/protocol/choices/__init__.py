"""Groups of settings that every connection has, each in a module of its own."""
