"""ASGI entry of a process that serves Socket.IO only."""

import os

import django

from maintenance_site.live_app import live_app

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maintenance_site.settings")
django.setup()
application = live_app()
