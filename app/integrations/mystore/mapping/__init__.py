"""What each field of an article and of an order is made from."""
