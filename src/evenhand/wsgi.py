"""The desk as a WSGI application: `granian --interface wsgi evenhand.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

from evenhand.base.logs import configure_logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
configure_logs()
application = get_wsgi_application()
