"""A search that decides by its results: an async task that calls others, each call cached and on record."""

import asyncio

import alula as al


@al.task(cache="1")
def train(depth: int) -> float:
    """Accuracy of a model of this depth."""
    return 1 - 1 / depth


@al.task
async def search(target: float) -> int:
    """The smallest depth that is good enough."""
    depth = 2
    while await train.aio(depth) < target:
        depth *= 2
    low, high = depth // 2, depth
    with al.group("refine"):
        scores = await asyncio.gather(*[train.aio(d) for d in range(low, high)])
    return low + sum(score < target for score in scores)


if __name__ == "__main__":
    print(asyncio.run(search(0.9)))  # a plain call: no server, no record
