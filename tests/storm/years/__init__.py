"""Years of autopay with something happening in most periods, against plain arithmetic."""
