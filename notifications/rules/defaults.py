"""What people hear about when they have not chosen."""

#: A kind and channel that is not named here is on.
OFF_BY_DEFAULT: frozenset[tuple[str, str]] = frozenset(
    {("system", "email"), ("window_work", "email"), ("order_to_verify", "email")}
)


def is_on(kind: str, channel: str, chosen: bool | None) -> bool:
    """The person's choice, else the default."""
    return chosen if chosen is not None else (kind, channel) not in OFF_BY_DEFAULT
