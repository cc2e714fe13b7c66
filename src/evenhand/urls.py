"""Every address of the desk."""

from django.urls import include, path

urlpatterns = [path("", include("evenhand.desk.urls"))]

handler400 = "evenhand.desk.problems.bad_request"
handler403 = "evenhand.desk.problems.forbidden"
handler404 = "evenhand.desk.problems.not_found"
handler500 = "evenhand.desk.problems.failed"
