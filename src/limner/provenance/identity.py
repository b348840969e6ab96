"""Who signs: a private key, the certificates that go with it, and the authority that vouches for them.

An identity of our own is made at once and whole. The authority's key signs one certificate and is then
forgotten, so that nobody can ever sign under another name in its place. Knows neither files nor database.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from limner.errors import BadSettings

# Without a time-stamp server a signature counts for as long as its certificate; pictures are kept for long.
LIFETIME = timedelta(days=20 * 365)
CLOCKS_DIFFER = timedelta(days=1)
ORGANIZATION = "Limner"
_PRIVATE_KEY = re.compile("-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """All of it as PEM. ``chain`` is the signer's own certificate, and those between it and ``authority``."""

    chain: str
    authority: str
    key: str = field(repr=False)  # PKCS #8, without a password
    algorithm: str = "ES256"  # as C2PA names them

    @property
    def pem(self) -> str:
        return self.key + self.chain + self.authority


def make_identity(now: datetime) -> Identity:
    """A new authority, and a signer that it vouches for."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name = _name(f"Limner authority, made {now:%Y-%m-%d}")
    authority = (
        _certificate(authority_name, authority_name, authority_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .sign(authority_key, SHA256())
    )
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    signer = (
        _certificate(_name("Limner signer"), authority_name, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(identifier, critical=False)
        .sign(authority_key, SHA256())
    )
    return Identity(_pem([signer]), _pem([authority]), _key_pem(key))


def parse_identity(pem: str) -> Identity:
    """What ``pem`` of one, or an operator's key and chain one after the other, say. The last certificate
    is the authority's. Raises BadSettings."""
    try:
        key = load_pem_private_key(_private_part(pem), password=None)
        certificates = x509.load_pem_x509_certificates(pem.encode())
    except (ValueError, TypeError) as error:  # TypeError: there is a password on it
        raise BadSettings(f"it cannot be read: {error}") from error
    if certificates[0].public_key() != key.public_key():
        raise BadSettings("its first certificate is not that of its key")
    if len(certificates) < 2:
        raise BadSettings("it ends without the certificate of an authority")
    return Identity(_pem(certificates[:-1]), _pem(certificates[-1:]), _key_pem(key), _algorithm(key))


def parse_authorities(pem: str) -> list[str]:
    """One PEM for each certificate. Raises BadSettings."""
    try:
        return [_pem([one]) for one in x509.load_pem_x509_certificates(pem.encode())]
    except ValueError as error:
        raise BadSettings(f"it holds no certificates: {error}") from error


def _private_part(pem: str) -> bytes:
    found = _PRIVATE_KEY.search(pem)
    if found is None:
        raise ValueError("there is no private key")
    return found[0].encode()


def _algorithm(key: PrivateKeyTypes) -> str:
    match key:
        case ec.EllipticCurvePrivateKey() if key.curve.name in _CURVES:
            return _CURVES[key.curve.name]
        case ed25519.Ed25519PrivateKey():
            return "Ed25519"
        case rsa.RSAPrivateKey():
            return "PS256"
        case _:
            raise BadSettings("its key is of a kind that C2PA does not know")


def _certificate(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    names = {NameOID.ORGANIZATION_NAME: ORGANIZATION, NameOID.COMMON_NAME: common_name}
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in names.items()])


def _usage(*wanted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in wanted for usage in _USAGES})


def _pem(certificates: Sequence[x509.Certificate]) -> str:
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)


def _key_pem(key: PrivateKeyTypes) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
