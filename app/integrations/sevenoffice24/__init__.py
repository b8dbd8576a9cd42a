"""24SevenOffice (Finago Office), an ERP that is called over SOAP."""
