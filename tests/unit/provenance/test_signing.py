"""What is signed says what made it, looks as before, and shows every change."""

import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import pytest
from PIL import UnidentifiedImageError

from limner import images
from limner.errors import BadSettings, InvalidInput, UnsupportedMedia
from limner.provenance.identity import Identity, make_identity
from limner.provenance.imprint import UNSIGNED
from limner.provenance.signing import TRAINED_ALGORITHMIC_MEDIA, Origin, Signer, SigningFailed
from limner.provenance.verifying import Standing, Verdict, Verifier
from tests.unit.provenance.pictures import FORMATS, file_of, pixels_of, scene

NOW = datetime.now(UTC).replace(microsecond=0)
ORIGIN = Origin("nano/2026.11.1", NOW, "c0ffee00" * 4, 2, 7)


@pytest.fixture(scope="module")
def identity() -> Identity:
    return make_identity(NOW)


@pytest.fixture(scope="module")
def signer(identity: Identity) -> Signer:
    return Signer(identity)


def examine(content: bytes, *authorities: str) -> Verdict:
    return Verifier(authorities).examine(io.BytesIO(content))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_signed_file_says_what_made_the_picture(kind: str, signer: Signer, identity: Identity) -> None:
    signed = signer.sign(file_of(kind), f"image/{kind}", ORIGIN)
    assert examine(signed, identity.authority) == Verdict(
        Standing.TRUSTED,
        signer="Limner signer",
        software="Limner 0.1.0",
        engine="nano",
        weights="2026.11.1",
        made_at=f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
        prediction_id="c0ffee00" * 4,
        number=2,
        source_type=TRAINED_ALGORITHMIC_MEDIA,
    )


@pytest.mark.parametrize("kind", FORMATS)
def test_the_bytes_differ_each_time_and_the_pixels_never(kind: str, signer: Signer) -> None:
    plain = file_of(kind)
    first, second = (signer.sign(plain, f"image/{kind}", ORIGIN) for _ in range(2))
    assert first != second
    for signed in (first, second):
        assert np.array_equal(pixels_of(signed), pixels_of(plain))
        assert len(signed) - len(plain) < 4_000


@pytest.mark.parametrize("kind", FORMATS)
def test_a_change_of_a_byte_shows(kind: str, signer: Signer, identity: Identity) -> None:
    signed = bytearray(signer.sign(file_of(kind), f"image/{kind}", ORIGIN))
    at = signed.find(b"IDAT") + 20 if kind == "png" else len(signed) - len(signed) // 8
    if kind == "webp":
        at = 200  # the manifest is at the end
    signed[at] ^= 1
    verdict = examine(bytes(signed), identity.authority)
    assert (verdict.standing, verdict.problems) == (Standing.TAMPERED, ("assertion.dataHash.mismatch",))


def test_a_change_of_what_it_says_shows(signer: Signer, identity: Identity) -> None:
    signed = signer.sign(file_of("jpeg"), "image/jpeg", ORIGIN).replace(b"2026.11.1", b"2099.11.1")
    verdict = examine(signed, identity.authority)
    assert (verdict.standing, verdict.weights) == (Standing.TAMPERED, "2099.11.1")


def test_a_manifest_put_into_another_picture_shows(signer: Signer, identity: Identity) -> None:
    signed = signer.sign(file_of("png"), "image/png", ORIGIN)
    at = signed.find(b"caBX") - 4
    manifest = signed[at : at + 12 + int.from_bytes(signed[at : at + 4], "big")]
    other = images.encode(scene(64, 96), "png").content
    moved = other[:33] + manifest + other[33:]  # after the header
    assert examine(moved, identity.authority).standing is Standing.TAMPERED


def test_only_those_are_trusted_who_are_named(signer: Signer, identity: Identity) -> None:
    signed = signer.sign(file_of("png"), "image/png", ORIGIN)
    other = make_identity(NOW).authority
    assert examine(signed).standing is Standing.UNTRUSTED
    assert examine(signed, other).standing is Standing.UNTRUSTED
    assert examine(signed, other, identity.authority).standing is Standing.TRUSTED


@pytest.mark.parametrize("kind", FORMATS)
def test_what_nobody_signed_is_unsigned(kind: str) -> None:
    assert examine(file_of(kind)) == Verdict(Standing.UNSIGNED)
    assert UNSIGNED.on_file(file_of(kind), f"image/{kind}", ORIGIN) == file_of(kind)


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(UnsupportedMedia, match='field "file"'):
        examine(b"hello")
    with pytest.raises(InvalidInput, match="not a whole image/jpeg"):
        examine(file_of("jpeg")[:300])


def test_half_a_manifest_counts_for_nothing(signer: Signer, identity: Identity) -> None:
    signed = signer.sign(file_of("jpeg"), "image/jpeg", ORIGIN)
    assert examine(signed[:2_000], identity.authority).standing is Standing.INVALID


def test_what_cannot_be_signed_is_an_error_and_not_an_unsigned_picture(signer: Signer) -> None:
    with pytest.raises(SigningFailed, match="could not be signed"):
        signer.sign(b"no picture", "image/png", ORIGIN)


def test_an_identity_that_nobody_would_believe_is_refused() -> None:
    with pytest.raises(BadSettings, match="not valid at time of signing"):
        Signer(make_identity(NOW - timedelta(days=30 * 365)))
    mixed = Identity(make_identity(NOW).chain, make_identity(NOW).authority, make_identity(NOW).key)
    with pytest.raises(BadSettings, match="identity that signs"):
        Signer(mixed)


def test_threads_may_share_a_signer(signer: Signer, identity: Identity) -> None:
    def sign(number: int) -> int:
        origin = Origin("nano/1", NOW, number=number)
        return examine(signer.sign(file_of("png"), "image/png", origin), identity.authority).number

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(sign, range(1, 25))) == list(range(1, 25))


@pytest.mark.parametrize("kind", FORMATS)
def test_whatever_becomes_of_a_file_it_is_told_and_no_change_of_pixels_is_trusted(
    kind: str, signer: Signer, identity: Identity
) -> None:
    random = Random(kind)
    plain, verifier = file_of(kind), Verifier([identity.authority])
    signed = signer.sign(plain, f"image/{kind}", ORIGIN)
    for _ in range(200):
        damaged = bytearray(signed)
        at = random.randrange(len(signed) - 4)
        damaged[at : at + 4] = random.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", random.randbytes(4)))
        with suppress(InvalidInput, UnsupportedMedia, UnidentifiedImageError):  # what nobody can look at
            if verifier.examine(io.BytesIO(bytes(damaged))).standing is Standing.TRUSTED:
                assert np.array_equal(pixels_of(bytes(damaged)), pixels_of(plain))
