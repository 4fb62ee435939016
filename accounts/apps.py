"""Organisations and the people who work in them."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers handlers and the rights hook."""

    name = "accounts"
    verbose_name = "Organisation"

    def ready(self) -> None:
        """Let the kernel ask the table of rights."""
        from accounts.rights import has_right
        from core import rights_hook

        rights_hook.use(has_right)
        from accounts import sweeps  # noqa: F401  (registers them)
