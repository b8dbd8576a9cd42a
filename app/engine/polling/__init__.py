"""What is read on a schedule, from shops and from the WMS."""
