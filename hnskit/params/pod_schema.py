"""The keys that choose pods which are there already: by what crictl has of them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class StrictModel(BaseModel):
    """Keys of a parameter file: an unknown one is a mistake, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class PodChoice(StrictModel):
    """Pods of Kubernetes on this host; all that is given must hold."""

    namespace: str = Field("", description="of Kubernetes; * and ? stand for any letters")
    name: str = Field("", description="of the pod; * and ? stand for any letters, as in web-*")
    labels: dict[str, str] = Field(default_factory=dict, description="labels that it has, key: value")
