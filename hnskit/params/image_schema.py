"""Parameters of the images of all containers."""

from __future__ import annotations

from pydantic import Field

from hnskit.params.pod_schema import StrictModel


class ImageParams(StrictModel):
    """Images that are not on the host."""

    pull: bool = Field(
        False, description="pull an image that is not on the host and has no tarball, with the host's docker or ctr"
    )
