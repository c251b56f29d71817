"""The floor that create-payment is measured against: Django REST framework with nothing around it."""

from benchmarks.settings import *

MIDDLEWARE: list[str] = []
ROOT_URLCONF = "benchmarks.bare"
REST_FRAMEWORK = {"UNAUTHENTICATED_USER": None, "DEFAULT_AUTHENTICATION_CLASSES": [], "DEFAULT_PERMISSION_CLASSES": []}
