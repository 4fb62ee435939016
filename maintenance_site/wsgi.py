"""WSGI entry of the web node."""

import os

from maintenance_site.process_counts import share_counts

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maintenance_site.settings")
share_counts()  # before anything imports prometheus_client

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()
if settings.OTLP_URL:
    from maintenance_site import figures

    figures.start()
