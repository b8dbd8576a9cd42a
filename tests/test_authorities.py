"""GATEWAY_CA_FILE: a certificate of one's own authority is trusted, and the message about one that is not names the setting."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from app.errors import Unavailable
from app.http import open_client, send
from app.outgoing.addresses import Reach
from app.settings import Settings, fault_of


def self_signed(directory: Path) -> Path:
    """A certificate for 127.0.0.1 with its key, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of our own")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    (directory / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    file = directory / "authority.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return file


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    await writer.drain()
    writer.close()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    authority = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, tmp_path / "key.pem")
    listening = await asyncio.start_server(_answer, "127.0.0.1", 0, ssl=context)
    yield f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}/", authority
    listening.close()


async def call(url: str, authority: Path | None) -> int:
    async with open_client(Reach(private_addresses=True, ca_file=authority)) as http:
        return (await send(http, http.build_request("GET", url), timeout=5, system="the shop")).status


async def test_an_authority_of_ones_own_is_trusted_where_it_is_named(server: tuple[str, Path]) -> None:
    url, authority = server
    assert await call(url, authority) == 200
    with pytest.raises(Unavailable) as raised:
        await call(url, None)
    assert raised.value.message == (
        "the shop cannot be reached: its certificate is not one that the gateway trusts: self-signed certificate. "
        "If an authority of your own made it, set GATEWAY_CA_FILE to that authority's PEM file"
    )
    assert not raised.value.sent


@pytest.mark.parametrize(("content", "words"), [(None, "there is no file "), ("no PEM", " holds no certificate in PEM")])
def test_a_file_that_cannot_be_read_is_one_line_at_the_start(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "authority.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ValidationError) as raised:
        Settings(ca_file=file)
    said, fix = fault_of(raised.value)
    assert said.startswith("GATEWAY_CA_FILE: ")
    assert words in said
    assert fix.startswith("set it to a value that fits. File of further authorities (PEM)")


def test_its_own_certificates_reach_every_call(tmp_path: Path) -> None:
    authority = self_signed(tmp_path)
    assert Settings(ca_file=authority).reach.ca_file == authority
