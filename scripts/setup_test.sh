#!/usr/bin/env bash
# What the tests need beyond requirements.lock: PyTorch and TensorFlow, a PostgreSQL server program and Chromium (through apt when root,
# else named).
set -euo pipefail
cd "$(dirname "$0")/.."

FRAMEWORKS_GIB=12 # unpacked, and once more in the installer's cache where that lies on another disk

find_initdb() {
    command -v initdb 2>/dev/null || ls -1 /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1
}

if [ -z "$(find_initdb)" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing PostgreSQL for the tests"
        export DEBIAN_FRONTEND=noninteractive
        mkdir -p /etc/postgresql-common
        [ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends postgresql >/dev/null
    else
        echo "test setup: PostgreSQL's initdb is needed and was not found; install it (Debian: postgresql) and run make test again" >&2
        exit 1
    fi
    [ -n "$(find_initdb)" ] || { echo "test setup: PostgreSQL was installed but its initdb was not found" >&2; exit 1; }
fi

find_chromium() { command -v chromium 2>/dev/null || command -v chromium-browser 2>/dev/null || command -v google-chrome 2>/dev/null; }

if [ -z "$(find_chromium)" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing Chromium for the tests of the web interface"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends chromium >/dev/null
    else
        echo "test setup: Chromium is needed and was not found; install it (Debian: chromium) and run make test again" >&2
        exit 1
    fi
fi

free_gib=$(df --block-size=1G --output=avail . | tail -n 1 | tr -d ' ')
if [ "$free_gib" -ge "$FRAMEWORKS_GIB" ]; then
    echo "Installing PyTorch and TensorFlow for the tests (3 GB, once)"
    if ! .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements-frameworks.lock; then
        # Not worth the other three thousand tests: the test runner counts what it skips.
        echo "test setup: PyTorch and TensorFlow could not be installed, see above; their tests will be skipped" >&2
    fi
else
    echo "test setup: tests of PyTorch and TensorFlow will be skipped: they take $FRAMEWORKS_GIB GiB of disk, $free_gib are free here" >&2
fi
