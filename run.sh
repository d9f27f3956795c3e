#!/usr/bin/env bash
# Sets up, builds and starts Stoxus LedgerCloud at http://localhost:3000.
# The first start takes about half an hour on two cores, later ones seconds.
# Arguments go to `ledgercloud serve`: ./run.sh --dev --listen 127.0.0.1:3000
set -euo pipefail
cd "$(dirname "$0")"
./setup.sh
eval "$(./setup.sh env)"
site=$CARGO_TARGET_DIR/site
program=$CARGO_TARGET_DIR/release/ledgercloud

# What the program and the site are made from. Asking the build tool whether something changed
# takes more than a minute: it compresses and writes the site again each time.
sources=$(find .cargo Cargo.toml Cargo.lock app frontend migrations public server style \
  -name node_modules -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
built_from=$site/built-from
if [ "$(cat "$built_from" 2>/dev/null)" != "$sources" ] || [ "$program" -nt "$built_from" ]; then
  printf '\033[1m» building the site (about half an hour the first time on two cores, minutes after a change)\033[0m\n'
  rm -f "$built_from"
  LEPTOS_SITE_ROOT=$site cargo leptos build --split --release --precompress
  printf '%s\n' "$sources" >"$built_from"
fi
exec env LEDGERCLOUD_SITE_ROOT="$site" "$program" serve "$@"
