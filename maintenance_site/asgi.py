"""ASGI entry of a process that serves site and sockets on one port."""

from maintenance_site.live_app import live_app
from maintenance_site.wsgi import application as site

application = live_app(site)
