#!/usr/bin/env bash
# Makes .venv from the lock file. Safe to repeat; needs Python 3.11 or newer and a package index that pip reaches.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { if [ -t 1 ]; then printf '\033[1m%s\033[0m\n' "$*"; else printf '%s\n' "$*"; fi; }

python=""
for candidate in python3.13 python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "setup: Python 3.11 or newer is needed and none was found; install it and run make again" >&2
    exit 1
fi
if ! [ -x .venv/bin/python ]; then
    say "Making a virtual environment with $("$python" --version)"
    if ! "$python" -m venv .venv 2>/tmp/alula-venv.log; then
        rm -rf .venv
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null && "$python" -m venv .venv
        else
            cat /tmp/alula-venv.log >&2
            echo "setup: this Python has no venv module; install it (Debian: python3-venv) and run make again" >&2
            exit 1
        fi
    fi
fi
if ! [ -x .venv/bin/uv ]; then
    say "Fetching the installer"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check uv
fi
say "Installing dependencies from requirements.lock"
.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes --compile-bytecode -r requirements.lock
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e .
.venv/bin/python -m compileall -q src  # half of a cold start otherwise
say "Ready: .venv/bin/alula --help"
