"""WSGI entry of the web node."""

import os

from maintenance_site.process_counts import share_counts

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maintenance_site.settings")
share_counts()  # before anything imports prometheus_client

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()
