"""Attacks by who asks: with a key that is none, or for what is another account's."""

from random import Random

from tests.contract.hostile.attack import Attack, Target, as_json, harmless, request, sound


def keys(rng: Random, target: Target) -> Attack:
    """Without a right to anything."""
    flipped = target.key[:-1] + ("0" if target.key[-1] != "0" else "1")
    values = (
        *(
            "",
            "Bearer",
            "Bearer ",
            "bearer  ",
            f"Basic {target.key}",
            target.key,
            f"Bearer {flipped}",
            f"Bearer {target.key[:-1]}",
        ),
        *(
            f"Bearer {target.key}x",
            f"Bearer {target.key.upper()}",
            "Bearer ' OR 1=1 --",
            "Bearer " + "k" * 20_000,
            "Bearer \xff\xfe",
        ),
        *(
            "Bearer null",
            "Bearer \x01",
            "Token x",
            "Digest a=b",
            "Bearer a b c",
            "Bearer %00",
            f"Bearer\t{flipped}",
            "Bearer \u00e9",
        ),
    )
    operation = target.operation(rng)
    while not operation.path.startswith("/api/") or "{ticket}" in operation.path:
        operation = target.operation(rng)
    body = as_json(sound(rng, operation)) if operation.fields else None
    given = [("Authorization", rng.choice(values))]
    if rng.random() < 0.2:
        given = [("X-API-Key", target.key), ("Cookie", f"key={target.key}")]
    path = operation.at(harmless(rng)) + rng.choice(("", f"?key={target.key}", f"?api_key={target.key}"))
    return Attack("keys", (request(target, operation.method, path, body, given, key=None),), (b'"code":200',))


def foreign(rng: Random, target: Target) -> Attack:
    """Another account's things, by their true names, on every route and in every field."""
    operation = target.operation(rng)

    def theirs(name: str) -> str:
        found = rng.choice(target.foreign_ids)
        return found + ("/1.png" if name == "file_name" and rng.random() < 0.3 else "")

    path = operation.at(theirs)
    if operation.queries:
        path += "?" + "&".join(f"{name}={rng.choice(target.foreign_ids)}" for name in operation.queries)
    body = None
    if operation.fields:
        ids = list(target.foreign_ids)
        body = as_json({name: ids if name == "ids" else rng.choice(ids) for name in operation.fields})
        if rng.random() < 0.3:
            body = as_json(sound(rng, operation) | {"account_id": rng.choice(ids), "id": rng.choice(ids)})
    given = [("Idempotency-Key", rng.choice(target.foreign_ids))] if rng.random() < 0.2 else []
    return Attack("foreign ids", (request(target, operation.method, path, body, given),))
