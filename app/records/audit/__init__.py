"""Who changed what, as it is read. `app.storage.audit` writes it, with the change."""
