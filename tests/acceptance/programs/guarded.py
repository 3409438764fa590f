"""What flytekit's documentation advises for packages that only an image has."""

from flytekit import ImageSpec, task

IMAGE = ImageSpec(base_image="example.org/guarded:1", builder="noop")
if IMAGE.is_container():
    from math import sqrt


@task(container_image=IMAGE)
def root(x: float) -> float:
    return sqrt(x)
