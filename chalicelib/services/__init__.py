"""What the portal decides. Knows no HTTP, no AWS and no company's wire format."""
