"""A task that says what it is doing: parameters, metrics by epoch, progress, a page with its result, a checkpoint, log lines.

$ alula run examples/metrics_and_deck.py fit --epochs 200 --name fitted
$ alula get execution fitted --metrics
$ alula get deck fitted n0
$ alula logs fitted n0
"""

import json
import random

import alula as al


def samples(count: int) -> list[tuple[float, float]]:
    """Points around the line y = 3 x - 1."""
    random.seed(7)
    return [(x, 3 * x - 1 + random.gauss(0, 0.2)) for x in (random.uniform(-1, 1) for _ in range(count))]


def drawing(points: list[tuple[float, float]], slope: float, offset: float) -> bytes:
    """The points and the line as an SVG; with matplotlib it would be `deck.plot(figure)`."""

    def place(x: float, y: float) -> tuple[float, float]:
        return 160 + 150 * x, 110 - 25 * y

    dots = "".join('<circle cx="{:.1f}" cy="{:.1f}" r="2" fill="#0b62c4"/>'.format(*place(x, y)) for x, y in points)
    (left, low), (right, high) = place(-1, offset - slope), place(1, offset + slope)
    line = f'<line x1="{left:.1f}" y1="{low:.1f}" x2="{right:.1f}" y2="{high:.1f}" stroke="#c4340b" stroke-width="2"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240">{dots}{line}</svg>'.encode()


@al.task(retries=2)
def train(epochs: int, rate: float) -> dict[str, float]:
    """Fits a line by gradient descent; an attempt that follows a killed one goes on where that one stood."""
    context, points = al.context(), samples(100)
    al.log_param("rate", rate)
    al.log_param("samples", len(points))
    saved = context.checkpoint.read()
    state = json.loads(saved) if saved else {"epoch": 0, "slope": 0.0, "offset": 0.0}
    for epoch in al.track(range(state["epoch"], epochs), message="fitting"):
        errors = [(x, state["slope"] * x + state["offset"] - y) for x, y in points]
        state["slope"] -= rate * sum(x * error for x, error in errors) / len(points)
        state["offset"] -= rate * sum(error for _, error in errors) / len(points)
        loss = sum(error * error for _, error in errors) / len(points)
        al.log_metrics({"loss": loss, "slope": state["slope"]}, step=epoch)
        if epoch % 50 == 49:
            context.checkpoint.save(json.dumps({**state, "epoch": epoch + 1}).encode())
            context.logger.info("epoch done", extra={"epoch": epoch, "loss": loss})
    line = {"slope": round(state["slope"], 2), "offset": round(state["offset"], 2)}
    deck = al.deck()
    deck.markdown(f"## A line through {len(points)} points\n\n`y = {line['slope']} x + {line['offset']}`")
    deck.image(drawing(points, state["slope"], state["offset"]))
    al.deck("samples").table([{"x": x, "y": y} for x, y in points], limit=20)
    return line


@al.workflow
def fit(epochs: int = 200, rate: float = 0.5) -> dict[str, float]:
    """Fits a line to a hundred samples."""
    return train(epochs, rate)


if __name__ == "__main__":
    print(fit())  # a plain call: no server; what it logged is in memory, its page in a temporary folder
    print({name: points[-1] for name, points in al.context().metrics.items()})
    print(al.context().decks.save())
