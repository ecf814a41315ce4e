"""Commands for the provider's staff: ``python -m ops --help``."""
