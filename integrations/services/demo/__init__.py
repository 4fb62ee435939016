"""A believable organisation at work, so that every page has something true to show on any date."""
