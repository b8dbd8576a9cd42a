"""`gateway connections …`: what people do with connections, and the TOML file that declares them."""
