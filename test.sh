#!/usr/bin/env bash
# Every test: format, lints, unit, property and integration tests on SQLite and PostgreSQL, and
# browser tests against the real program. Installs what it needs.
set -euo pipefail
cd "$(dirname "$0")"
started=$SECONDS
step() { printf '\033[1m» %s (%d s so far)\033[0m\n' "$*" $((SECONDS - started)); }

step "set-up"
./setup.sh test
eval "$(./setup.sh env)"

step "format"
cargo fmt --all --check

# --- a PostgreSQL server of our own, gone at the end ----------------------------------------------
postgres_folder=$(mktemp -d)
chmod 755 "$postgres_folder"
postgres_bin=$(dirname "$(readlink -f "$(command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' | tail -n 1)")")
as_postgres() { if [ "$(id -u)" = 0 ]; then su postgres -s /bin/sh -c "$*"; else sh -c "$*"; fi; }
stop_postgres() {
  as_postgres "$postgres_bin/pg_ctl -D $postgres_folder/data -m immediate stop" >/dev/null 2>&1 || true
  rm -rf "$postgres_folder"
}
trap stop_postgres EXIT
[ "$(id -u)" != 0 ] || chown postgres "$postgres_folder"
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
as_postgres "$postgres_bin/initdb -D $postgres_folder/data -U postgres -A trust" >/dev/null
as_postgres "$postgres_bin/pg_ctl -D $postgres_folder/data -w -l $postgres_folder/log \
  -o '-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$postgres_folder -c fsync=off -c max_connections=400' start" >/dev/null
export LEDGERCLOUD_TEST_POSTGRES=postgres://postgres@127.0.0.1:$port

# The browser's crate is left out here: its features must not mix with the server's.
server_crates=(-p types -p migrations -p identity -p spawner -p proxy -p chain -p explorer -p app -p server)

step "lints"
cargo clippy "${server_crates[@]}" --all-targets --features app/ssr -- -D warnings
cargo clippy -p frontend --target wasm32-unknown-unknown -- -D warnings

step "the site, for the browser tests"
cargo leptos build --split
export LEDGERCLOUD_BINARY=$CARGO_TARGET_DIR/debug/ledgercloud LEDGERCLOUD_SITE_ROOT=$PWD/target/site

step "unit, property and integration tests"
cargo nextest run "${server_crates[@]}" --features app/ssr --no-fail-fast

step "browser tests"
(cd end2end && npx playwright test)

step "done"
