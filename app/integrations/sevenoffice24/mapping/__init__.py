"""What the warehouse is sent of the ERP's products and orders."""
