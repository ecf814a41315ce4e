"""Every outside company that is not the billing."""
