"""Which outside identity may act as which robot. Its trusts come with keyless login."""
