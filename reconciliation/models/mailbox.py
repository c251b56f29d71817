from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from apikeys.encryption import SealedTextField
from reconciliation.mail import NotReadable, read_addresses
from reconciliation.mail_trust import is_public
from reconciliation.models.channels import AlertChannel

LOCAL = ("localhost", "127.0.0.1", "::1")


class Mailbox(models.Model):
    """The mailbox that a channel is read from, how far it is read, and what became of the last look.

    One poll holds the lease at a time; a killed poll's ends by itself.
    """

    class Security(models.TextChoices):
        TLS = "tls", "TLS (port 993)"
        STARTTLS = "starttls", "STARTTLS (port 143)"
        NONE = "none", "None (this computer only)"

    channel = models.OneToOneField(AlertChannel, on_delete=models.PROTECT, primary_key=True, related_name="mailbox")
    host = models.CharField("server", max_length=253)
    port = models.PositiveIntegerField(default=993, validators=(MinValueValidator(1), MaxValueValidator(65535)))
    security = models.CharField(max_length=8, choices=Security.choices, default=Security.TLS)
    username = models.CharField("user name", max_length=254)
    password = SealedTextField(default="", editable=False)
    folder = models.CharField(max_length=200, default="INBOX")
    authserv_id = models.CharField("provider's name in Authentication-Results", max_length=253, blank=True)
    domains = models.JSONField("further domains", blank=True, default=list)
    addresses = models.JSONField("addresses the bank writes to", blank=True, default=list)
    uidvalidity = models.PositiveBigIntegerField(null=True, editable=False)
    last_uid = models.PositiveBigIntegerField(default=0, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(max_length=300, blank=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    lease_token = models.UUIDField(null=True, editable=False)

    class Meta:
        verbose_name_plural = "mailboxes"

    def __str__(self) -> str:
        return f"{self.username} at {self.host}"

    def clean(self) -> None:
        problems: dict[str, str] = {}
        if not self.host.isascii() or any(char.isspace() or char in "/@" for char in self.host):
            problems["host"] = "Give the server’s name alone, such as imap.gmail.com."
        if self.security == self.Security.NONE and self.host not in LOCAL:
            problems["security"] = "Without TLS anybody on the way could read the password. Only localhost may do so."
        if any(char.isspace() or not char.isprintable() or char in '"\\(){%*' for char in self.username):
            problems["username"] = "A user name has no blanks and no quotes."
        if not self.folder.isprintable():
            problems["folder"] = "Give the folder's name as your mail program shows it."
        if any(char.isspace() or not char.isprintable() or char == ";" for char in self.authserv_id):
            problems["authserv_id"] = "Give the provider’s name alone and without blanks, such as mx.google.com."
        self.addresses = self.addresses or ([self.username] if "@" in self.username else [])
        try:
            self.addresses = read_addresses(",".join(self.addresses))
        except NotReadable:
            bad = next((line for line in self.addresses if not _addresses(line)), "")
            which = f"“{bad[:60]}” is no e-mail address. " if bad else ""
            problems["addresses"] = f"{which}Give the e-mail addresses that the bank writes to, one a line."
        self.domains = [domain.lower().lstrip("@") for domain in self.domains]
        if bad := next((domain for domain in self.domains if not _is_domain(domain) or is_public(domain)), ""):
            problems["domains"] = f"{bad[:60]} is no bank’s own domain, such as mybank.example."
        if problems:
            raise ValidationError(problems)


def _is_domain(domain: str) -> bool:
    return _addresses(f"x@{domain}") == [f"x@{domain}"]


def _addresses(line: str) -> list[str]:
    """Return the addresses of a line, none if it is not plainly a list of them."""
    try:
        return read_addresses(line)
    except NotReadable:
        return []
