"""The overview by API."""
