"""Training with PyTorch on the CPU, with a checkpoint every epoch: an attempt that dies is followed by one that goes on from there.

    alula run examples/torch_training.py fit --epochs 6 --die-at 3

Needs `alula[torch]`.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import nn

import alula as al


class Line(nn.Module):
    """y = a x + b."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.layer = nn.Linear(width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)


@al.task(retries=2)
def train(epochs: int, die_at: int) -> Line:
    """Fits y = 3 x + 1.

    Args:
        epochs: passes over the data.
        die_at: the first attempt ends its process before this epoch; 0: it does not.
    """
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 256).unsqueeze(1)
    y = 3 * x + 1
    model = Line(1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    context, begin = al.context(), 0
    found = context.checkpoint.restore()
    if found is not None:
        state = torch.load(found, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        begin = state["epoch"] + 1
        print(f"attempt {context.attempt} goes on with epoch {begin}")
    for epoch in range(begin, epochs):
        if epoch == die_at and die_at and context.attempt == 0:
            os._exit(1)  # as if the machine had gone
        for _ in range(20):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
        al.log_metric("loss", loss.item(), step=epoch)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "state.pt"
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}, path)
            context.checkpoint.save(path)
    return model


@al.task
def measure(model: Line) -> str:
    weight, bias = model.layer.weight.item(), model.layer.bias.item()
    return f"y = {weight:.2f} x + {bias:.2f}"


@al.workflow
def fit(epochs: int = 6, die_at: int = 0) -> str:
    return measure(train(epochs, die_at))


if __name__ == "__main__":
    print(fit())
