"""PyPI huggingface_hub 2.4.0, whose provider "wavespeed" knows one host only: here it is told another.

It asks for ``image/png`` even where JSON is the answer, and raises on a status that it does not know.
"""

import base64
import io
import sys

from huggingface_hub import InferenceClient, __version__
from huggingface_hub.hf_api import InferenceProviderMapping
from huggingface_hub.inference._providers import PROVIDERS
from huggingface_hub.inference._providers._common import HARDCODED_MODEL_INFERENCE_MAPPING

from told import APPLE, BROKEN, MODEL, told_by, write

origin, key = sys.argv[1:]
PROVIDERS["wavespeed"]["text-to-image"].base_url = origin
HARDCODED_MODEL_INFERENCE_MAPPING["wavespeed"] = {
    model: InferenceProviderMapping(
        provider="wavespeed", hf_model_id=model, providerId=model, task="text-to-image", status="live"
    )
    for model in (MODEL, BROKEN)
}
client = InferenceClient(provider="wavespeed", api_key=key)
file = io.BytesIO()
client.text_to_image(APPLE["prompt"], model=MODEL, seed=7).save(file, "PNG")
write(
    version=__version__,
    base64=[base64.b64encode(file.getvalue()).decode()],
    failure=told_by(lambda: client.text_to_image(APPLE["prompt"], model=BROKEN)),
    refusal=told_by(lambda: client.text_to_image("", model=MODEL)),
)
