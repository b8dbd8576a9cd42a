"""Purchase orders as callers put them and take them back."""
