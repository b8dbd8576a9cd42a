"""The REST APIs of older shops, brought into the form of wc/v3. None of them was run: they are written from documentation."""
