#!/usr/bin/env bash
# What the tests need beyond Python packages: a PostgreSQL server program. Installed through apt when root, else named.
set -euo pipefail

find_initdb() {
    command -v initdb 2>/dev/null || ls -1 /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1
}

if [ -n "$(find_initdb)" ]; then
    exit 0
fi
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
