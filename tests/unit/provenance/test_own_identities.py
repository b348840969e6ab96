"""Certificates of an operator's own, of each kind of key that C2PA knows."""

import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from limner.errors import BadSettings
from limner.provenance.identity import LIFETIME, make_identity, parse_identity
from limner.provenance.signing import Origin, Signer
from limner.provenance.verifying import Standing, Verifier
from tests.unit.provenance.pictures import file_of

NOW = datetime.now(UTC)
KINDS: dict[str, Callable[[], CertificateIssuerPrivateKeyTypes]] = {
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "PS256": lambda: rsa.generate_private_key(65537, 2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}


def own(key: CertificateIssuerPrivateKeyTypes) -> str:
    """The key, a certificate for it like those that we make, and the authority that signed that."""
    like = x509.load_pem_x509_certificate(make_identity(NOW).chain.encode())
    authority_key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Acme")])
    authority = built(x509.CertificateBuilder().subject_name(name), name, authority_key)
    authority = authority.add_extension(x509.BasicConstraints(True, 0), critical=True)
    signer = built(x509.CertificateBuilder().subject_name(like.subject), name, key)
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    for extension in like.extensions:
        kept = issued_by if isinstance(extension.value, x509.AuthorityKeyIdentifier) else extension.value
        if not isinstance(kept, x509.SubjectKeyIdentifier):
            signer = signer.add_extension(kept, extension.critical)
    certificates = (one.sign(authority_key, SHA256()) for one in (signer, authority))
    pem = "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode() + pem


def built(
    begun: x509.CertificateBuilder, issuer: x509.Name, key: CertificateIssuerPrivateKeyTypes
) -> x509.CertificateBuilder:
    return (
        begun.issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - LIFETIME)
        .not_valid_after(NOW + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_signs(kind: str) -> None:
    identity = parse_identity(own(KINDS[kind]()))
    assert identity.algorithm == kind
    signed = Signer(identity).sign(file_of("png"), "image/png", Origin("nano/1", NOW))
    assert Verifier([identity.authority]).examine(io.BytesIO(signed)).standing is Standing.TRUSTED


def test_another_kind_is_refused() -> None:
    with pytest.raises(BadSettings, match="of a kind that C2PA does not know"):
        parse_identity(own(dsa.generate_private_key(1024)))
