"""What is stored of places: in which country an account was placed, and when."""

from django.db import models


class Placement(models.Model):
    """The country of one account; neither its phone number nor its network is kept."""

    account = models.CharField(max_length=255, primary_key=True)
    country = models.CharField(max_length=2)
    on = models.DateField()
    by_phone = models.BooleanField(help_text="a phone number is surer than a network")
