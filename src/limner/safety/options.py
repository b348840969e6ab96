"""What an operator has chosen for the checks that come with Limner, in one piece for whichever asks."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """Models are folders, ONNX files, or names on the hub such as "owner/name" or "owner/name@revision"; ""
    is none."""

    image_classifier: str = ""
    prompt_classifier: str = ""
    prompt_hook: str = ""  # a URL
    prompt_hook_key: str = ""
    prompt_hook_seconds: float = 5.0
    prompt_hook_fails: Literal["closed", "open"] = "closed"
