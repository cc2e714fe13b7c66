"""Starts Django for commands and processes; importing it makes every model usable."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()
