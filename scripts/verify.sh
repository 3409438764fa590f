#!/usr/bin/env bash
# Regenerates everything that is generated and compares it with what is committed.
set -euo pipefail
cd "$(dirname "$0")/.."
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
.venv/bin/python scripts/generate_idl.py "$made"
generated=(
    metric_pb2.py metric_pb2.pyi metric_pb2_grpc.py worker_pb2.py worker_pb2.pyi source_pb2.py source_pb2.pyi
    cache_pb2.py cache_pb2.pyi service_pb2.py service_pb2.pyi service_pb2_grpc.py code_pb2.py code_pb2.pyi code_pb2_grpc.py
    browse_pb2.py browse_pb2.pyi browse_pb2_grpc.py gate_pb2.py gate_pb2.pyi gate_pb2_grpc.py
)
for file in "${generated[@]}"; do
    if ! diff -q "$made/alula/idl/v1/$file" "src/alula/idl/v1/$file" >/dev/null; then
        echo "verify: src/alula/idl/v1/$file is not what its .proto gives; run python scripts/generate_idl.py" >&2
        exit 1
    fi
done
.venv/bin/python scripts/generate_schema.py "$made/schema"
for dialect in sqlite postgresql; do
    if ! diff -q "$made/schema/$dialect.sql" "src/alula/database/schema/$dialect.sql" >/dev/null; then
        echo "verify: src/alula/database/schema/$dialect.sql is not what the tables say; run python scripts/generate_schema.py" >&2
        exit 1
    fi
done
scripts/generate_ui_types.sh "$made/openapi.ts"
if ! diff -q "$made/openapi.ts" ui/src/idl/openapi.ts >/dev/null; then
    echo "verify: ui/src/idl/openapi.ts is not what the server's OpenAPI document gives; run scripts/generate_ui_types.sh ui/src/idl/openapi.ts" >&2
    exit 1
fi
echo "verify: generated files are as their sources say"
