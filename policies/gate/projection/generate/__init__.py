"""Makes the projection's tables from the installed SDKs and the providers' own descriptions."""
