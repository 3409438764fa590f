"""Tasks whose results are kept."""

import time
from pathlib import Path
from typing import Annotated

import pandas as pd
from flytekit import Cache, HashMethod, task, workflow


def count(path: str) -> int:
    with Path(path).open("a") as file:
        file.write("x")
    return Path(path).stat().st_size


@task(cache=True, cache_version="1")
def once(path: str, x: int) -> int:
    count(path)
    return x * x


@workflow
def cached(path: str, x: int) -> int:
    return once(path=path, x=x)


@task(cache=Cache(version="1", serialize=True))
def one_at_a_time(path: str, x: int) -> int:
    count(path)
    time.sleep(0.3)
    return x * x


@workflow
def serialized(path: str, x: int) -> tuple[int, int]:
    return one_at_a_time(path=path, x=x), one_at_a_time(path=path, x=x)


@task(cache=Cache(version="1", ignored_inputs=("noise",)))
def ignoring(path: str, noise: int) -> int:
    return count(path)


@workflow
def ignored_input(path: str, noise: int) -> int:
    return ignoring(path=path, noise=noise)


def digest(frame: pd.DataFrame) -> str:
    return str(frame["a"].sum())


@task
def make_hashed(n: int) -> Annotated[pd.DataFrame, HashMethod(digest)]:
    return pd.DataFrame({"a": list(range(n))})


@task
def make_plain(n: int) -> pd.DataFrame:
    return pd.DataFrame({"a": list(range(n))})


@task(cache=True, cache_version="1")
def use(path: str, frame: pd.DataFrame) -> int:
    return count(path)


@workflow
def hashed_frame(path: str, n: int) -> int:
    return use(path=path, frame=make_hashed(n=n))


@workflow
def plain_frame(path: str, n: int) -> int:
    return use(path=path, frame=make_plain(n=n))


@task(cache=True, cache_version="1")
def no_outputs(path: str) -> None:
    count(path)


@workflow
def cached_without_outputs(path: str) -> None:
    no_outputs(path=path)
