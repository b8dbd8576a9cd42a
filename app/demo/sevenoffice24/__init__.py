"""The demo's simulated 24SevenOffice (Finago Office), an ERP whose SOAP services the gateway asks by itself."""
