"""Tables, engine, migrations, and the encryption of secrets."""
