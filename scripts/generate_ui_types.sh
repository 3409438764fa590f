#!/usr/bin/env bash
# The types of the web interface, from the server's OpenAPI document. Usage: generate_ui_types.sh TARGET
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(realpath -m "$1")
document=$(mktemp --suffix .json)
trap 'rm -f "$document"' EXIT
.venv/bin/python -c "from alula.server.openapi import document_json; print(document_json().decode())" > "$document"
scripts/node.sh openapi-typescript "$document" --default-non-nullable false --output "$target" > /dev/null
