"""Organisations and the people who work in them."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers handlers and the rights hook."""

    name = "accounts"
    verbose_name = "Organisation"

    def ready(self) -> None:
        """Let the kernel ask the table of rights."""
        from django.contrib.auth.signals import user_logged_in

        from accounts.rights import has_right
        from core import rights_hook

        rights_hook.use(has_right)
        # Django writes last_login before any organisation is in reach; the sign-in service does it itself.
        user_logged_in.disconnect(dispatch_uid="update_last_login")
        from accounts import events, handlers, sweeps  # noqa: F401  (registers them)
