"""What the organisation's rows add up to; reads everything, writes nothing."""
