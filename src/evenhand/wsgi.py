"""The desk as a WSGI application: `granian --interface wsgi evenhand.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
application = get_wsgi_application()
