"""SOAP calls to 24SevenOffice: its services as we describe them, one call, and the operations that the gateway uses."""
