#!/usr/bin/env bash
# Sets up, builds and starts Stoxus LedgerCloud at http://localhost:3000.
# The first start takes about half an hour on two cores, later ones seconds.
# Arguments go to `ledgercloud serve`: ./run.sh --dev --listen 127.0.0.1:3000
set -euo pipefail
cd "$(dirname "$0")"
./setup.sh
eval "$(./setup.sh env)"
site=$CARGO_TARGET_DIR/site
printf '\033[1m» building the site (about 15 min the first time on two cores, seconds when nothing changed)\033[0m\n'
LEPTOS_SITE_ROOT=$site cargo leptos build --split --release --precompress
exec env LEDGERCLOUD_SITE_ROOT="$site" "$CARGO_TARGET_DIR/release/ledgercloud" serve "$@"
