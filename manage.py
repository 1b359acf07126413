#!/usr/bin/env python
"""Runs Siaga's management commands; `script/manage` runs it against the private services of one machine.
Nothing else lives here."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commandcenter.settings")
    execute_from_command_line(sys.argv)
