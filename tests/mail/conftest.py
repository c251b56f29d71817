"""A real Dovecot, started for these tests alone, on free ports and in a directory of its own."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from imapclient import IMAPClient

from payments import bell
from payments.models import PaymentSession
from payments.services import SessionDetails, create_session
from reconciliation.models import AlertChannel
from reconciliation.services.mailbox import add_mailbox
from tests.backoffice.conftest import meera
from tests.letters import ADDRESS, PROVIDER
from tests.paygate.processes import eventually, free_port

__all__ = ["meera"]

PASSWORD = "correct horse battery"
CONFIGURATION = """
protocols = imap
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
listen = 127.0.0.1
ssl = yes
ssl_cert = <{home}/certificate.pem
ssl_key = <{home}/key.pem
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:{home}/mail/%u
first_valid_uid = 1
default_vsz_limit = 1G
{users}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {home}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  # Without it nobody is made to wait for having typed a wrong password.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


class Dovecot:
    """A mail server with one user."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port, self.tls_port = free_port(), free_port()
        self.process: subprocess.Popen[bytes] | None = None
        write_certificate(home)
        is_root = os.getuid() == 0
        uid, gid = (65534, 65534) if is_root else (os.getuid(), os.getgid())
        users = (
            ""
            if is_root
            else f"default_internal_user = {uid}\ndefault_login_user = {uid}\ndefault_internal_group = {gid}"
        )
        (home / "users").write_text(f"asha:{PASSWORD}\nravi:other\n")
        for name in ("mail", "state", "run"):
            (home / name).mkdir()
        if is_root:
            os.chown(home / "mail", uid, gid)
            (home / "users").chmod(0o644)
        (home / "conf").write_text(
            CONFIGURATION.format(home=home, users=users, uid=uid, gid=gid, port=self.port, tls_port=self.tls_port)
        )

    @property
    def ca_file(self) -> str:
        return str(self.home / "certificate.pem")

    def start(self) -> None:
        with (self.home / "out").open("ab") as out:
            command = [
                shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin"),
                "-F",
                "-c",
                str(self.home / "conf"),
            ]
            self.process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        eventually(self._answers)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        os.killpg(self.process.pid, how)
        self.process.wait(20)

    def client(self) -> IMAPClient:
        client = IMAPClient("127.0.0.1", self.port, ssl=False)
        client.login("asha", PASSWORD)
        return client

    def deliver(self, raw: bytes, *, folder: str = "INBOX", at: datetime | None = None) -> None:
        with self.client() as client:
            client.append(folder, raw, msg_time=at or datetime.now(UTC))

    def flags(self, folder: str = "INBOX") -> list[tuple[bytes, ...]]:
        with self.client() as client:
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search("ALL"), ["FLAGS"])
            return [tuple(each for each in one[b"FLAGS"] if each != b"\\Recent") for one in found.values()]

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self.home / "out").read_text() + (self.home / "log").read_text()
        try:
            self.client().logout()
        except OSError:
            return False
        return True


def write_certificate(home: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (home / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (home / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    # Not pytest's directory: the server's own user may not enter that.
    home = Path(tempfile.mkdtemp(prefix="paygate-dovecot-"))
    home.chmod(0o755)
    server = Dovecot(home)
    try:
        server.start()
        yield server
    finally:
        if server.process and server.process.poll() is None:
            server.stop()
        shutil.rmtree(home)


@pytest.fixture(autouse=True)
def no_bells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "ring", lambda task: None)


@pytest.fixture
def values(dovecot, settings) -> dict[str, Any]:
    """What staff type in about the mailbox."""
    settings.MAILBOX_CA_FILE = dovecot.ca_file
    return {
        "label": "Asha’s mailbox",
        "host": "localhost",
        "port": dovecot.tls_port,
        "security": "tls",
        "username": "asha",
        "password": PASSWORD,
        "authserv_id": PROVIDER,
        "addresses": [ADDRESS],
    }


@pytest.fixture
def channel(values, db) -> AlertChannel:
    return add_mailbox(**values)


@pytest.fixture
def open_session(asha, account) -> Callable[[], PaymentSession]:
    def open_session() -> PaymentSession:
        return create_session(api_key=asha, requested_paise=100_00, details=SessionDetails(), expires_in=600).session

    return open_session
