#!/usr/bin/env python
"""Command line of the installation: `manage.py help` lists what it can do."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maintenance_site.settings")
    from django.core.management import execute_from_command_line

    from core.correlation import correlated

    with correlated():
        execute_from_command_line(sys.argv)
