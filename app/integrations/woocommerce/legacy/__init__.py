"""What older shops speak, and how it is brought into the form of wc/v3."""
