"""Pictures through the API of a server. A submit is only ever repeated under a key that makes that harmless,
or when the server said that it takes no more for now.
"""

import time
from contextlib import suppress
from pathlib import Path

import httpx

from limner.errors import EngineFailed, LimnerError, Unavailable
from limner.generate.commission import Commission
from limner.inputs import Json

POLL_SECONDS = 0.25
TIMEOUT_SECONDS = 60
TOO_MANY = 429
LONGEST_PAUSE_SECONDS = 120.0
EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


class Refused(LimnerError):
    """A server said no; ``status`` is its code."""

    def __init__(self, message: str, status: int, retry_after_seconds: float = 0) -> None:
        super().__init__(f"{message} ({status})")
        self.status = status
        self.retry_after_seconds = retry_after_seconds


class There:
    def __init__(self, server: str, key: str) -> None:
        self._server = server
        try:
            headers = {"Authorization": f"Bearer {key}"}
            self._client = httpx.Client(base_url=server, headers=headers, timeout=TIMEOUT_SECONDS)
        except httpx.InvalidURL as error:
            raise self._unavailable(error) from error

    def make(self, commission: Commission) -> list[Path]:
        """Raises Refused, EngineFailed, Unavailable. Who breaks off a commission without a key cancels it."""
        commission.open_folder()
        try:
            prediction = self._submit(commission)
            try:
                prediction = self._wait(prediction, commission)
            except KeyboardInterrupt:
                if commission.key is None:
                    self._cancel(prediction)
                raise
            for warning in prediction["warnings"]:
                commission.on_warning(warning)
            return [self._fetch(image, commission) for image in prediction["images"] if image["url"]]
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unavailable(error) from error
        except (KeyError, TypeError, ValueError) as error:
            raise Unavailable(f"{self._server} does not answer as Limner does") from error

    def close(self) -> None:
        self._client.close()

    def _submit(self, commission: Commission) -> Json:
        headers = {} if commission.key is None else {"Idempotency-Key": commission.key}
        inputs = {name: value for name, value in commission.inputs.items() if value is not None}
        while True:
            path = f"/api/v3/{commission.model_id}"
            try:
                return _read(self._client.post(path, json=inputs, headers=headers))
            except Refused as refused:
                if commission.key is None or refused.status != TOO_MANY:
                    raise
                pause = min(max(1.0, refused.retry_after_seconds), LONGEST_PAUSE_SECONDS)
                commission.on_progress(f"the server takes no more for {pause:.0f} s", 0, 0)
                time.sleep(pause)

    def _wait(self, prediction: Json, commission: Commission) -> Json:
        while prediction["status"] not in ("completed", "failed"):
            progress = prediction["progress"]
            commission.on_progress(_waiting(prediction), progress["step"], progress["num_steps"])
            time.sleep(POLL_SECONDS)
            prediction = _read(self._client.get(f"/api/v3/predictions/{prediction['id']}/result"))
        if prediction["status"] == "failed":
            raise EngineFailed(f"prediction {prediction['id']} failed: {prediction['error']}")
        return prediction

    def _cancel(self, prediction: Json) -> None:
        with suppress(httpx.HTTPError):  # whoever breaks off does not wait for that to succeed
            self._client.post(f"/api/v3/predictions/{prediction['id']}/cancel", timeout=2)

    def _fetch(self, image: Json, commission: Commission) -> Path:
        """Without the key: the link may lead to a bucket that wants none. What the file is called is ours to
        say, not the server's."""
        url = self._client.base_url.join(image["url"])
        answer = httpx.get(url, follow_redirects=True, timeout=TIMEOUT_SECONDS).raise_for_status()
        return commission.write(
            answer.content, int(image["seed"]), EXTENSIONS.get(image["content_type"], "bin")
        )

    def _unavailable(self, error: Exception) -> Unavailable:
        return Unavailable(f"no answer from {self._server}: {error}; is limner serve running there?")


def _waiting(prediction: Json) -> str:
    place = prediction.get("queue_position", 0)
    if prediction["status"] == "created" and place:
        return f"waiting, place {place} in line"
    return str(prediction["model"] if prediction["status"] == "processing" else "waiting")


def _read(response: httpx.Response) -> Json:
    try:
        envelope = response.json()
        if response.is_success:
            return envelope["data"]
        message = envelope["message"]
    except (ValueError, KeyError, TypeError) as error:
        raise Unavailable(f"{response.url.host} does not answer as Limner does") from error
    retry_after = response.headers.get("retry-after", "")
    raise Refused(message, response.status_code, float(retry_after) if retry_after.isdecimal() else 0)
