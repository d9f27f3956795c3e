#!/usr/bin/env bash
# Installs everything that building, running and testing need. Idempotent: a second call takes
# seconds. On Debian as root it installs what is missing; elsewhere it says what to install.
#
#   ./setup.sh          what ./run.sh needs
#   ./setup.sh test     also what ./test.sh needs (Chromium, PostgreSQL, an EVM node, …)
#   ./setup.sh env      prints the environment that the tools run in, for `eval`
set -euo pipefail
cd "$(dirname "$0")"

# Versions that must agree with Cargo.lock or with each other.
WASM_BINDGEN_VERSION=$(sed -n '/^name = "wasm-bindgen"$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
CARGO_LEPTOS_VERSION=0.3.11

if [ "$(id -u)" = 0 ]; then DEFAULT_CACHE=/var/cache/ledgercloud; else DEFAULT_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/ledgercloud; fi
CACHE=${LEDGERCLOUD_CACHE:-$DEFAULT_CACHE}
ENVIRONMENT_KEY=$(cat server/spawner/environment/requirements.txt | sha256sum | cut -c1-12)
NOTEBOOK_ENVIRONMENT=$CACHE/notebook-environment-$ENVIRONMENT_KEY

say() { printf '\033[1m» %s\033[0m\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }
have cargo || PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
quietly() { # quietly COMMAND…: its output is shown only if it fails
  local log; log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then tail -n 60 "$log" >&2; rm -f "$log"; say "failed: $*"; exit 1; fi
  rm -f "$log"
}

toolchain() { # prints the toolchain that has the wasm32 target, or nothing
  local name
  for name in debian-web "$(rustup show active-toolchain 2>/dev/null | cut -d' ' -f1)"; do
    [ -n "$name" ] || continue
    local root; root=$(rustup run "$name" rustc --print sysroot 2>/dev/null) || continue
    if compgen -G "$root/lib/rustlib/wasm32-unknown-unknown/lib/libstd-*.rlib" >/dev/null; then echo "$name"; return; fi
  done
}

print_environment() {
  local name; name=$(toolchain)
  [ -z "$name" ] || echo "export RUSTUP_TOOLCHAIN=$name"
  echo "export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}"
  echo "export PATH=$CACHE/tools/bin:$PWD/style/node_modules/.bin:\$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
  echo "export LEDGERCLOUD_NOTEBOOK_ENVIRONMENT=$NOTEBOOK_ENVIRONMENT"
}

if [ "${1:-}" = env ]; then print_environment; exit 0; fi
WANT_TESTS=${1:-}
mkdir -p "$CACHE/tools"

# --- system packages -----------------------------------------------------------------------------
packages=()
need() { have "$1" || packages+=("$2"); }
need cc build-essential; need pkg-config pkg-config; need git git; need curl curl
need bwrap bubblewrap; need pasta passt; need slirp4netns slirp4netns; need mkfs.ext4 e2fsprogs
need setpriv util-linux
[ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import venv, ensurepip' 2>/dev/null || packages+=(python3 python3-venv)
have node && have npm || packages+=(nodejs npm)
if [ "$WANT_TESTS" = test ]; then
  need chromium chromium; need ip iproute2
  have initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || packages+=(postgresql)
  fc-list 2>/dev/null | grep -qi 'dejavu' || packages+=(fonts-dejavu-core)
fi
APT_UPDATED=
install_packages() {
  [ "$#" -gt 0 ] || return 0
  if ! have apt-get; then say "please install: $*"; exit 1; fi
  local sudo=; [ "$(id -u)" = 0 ] || { sudo=sudo; have sudo || { say "as root: apt-get install $*"; exit 1; }; }
  [ -n "$APT_UPDATED" ] || { say "reading the package lists (10 s)"; quietly $sudo apt-get update; APT_UPDATED=1; }
  say "installing $* (up to a minute)"
  DEBIAN_FRONTEND=noninteractive quietly $sudo apt-get install -y --no-install-recommends "$@"
}
install_packages ${packages[@]+"${packages[@]}"}

# --- Rust with the browser target ----------------------------------------------------------------
if ! have rustup && ! have cargo; then
  say "installing Rust for this user by rustup (about a minute)"
  installer=$(mktemp)
  if ! curl --proto '=https' --tlsv1.2 --silent --show-error --fail https://sh.rustup.rs -o "$installer" ||
    ! quietly sh "$installer" -y --no-modify-path --profile minimal --component clippy --component rustfmt; then
    say "please install Rust first: https://rustup.rs"; exit 1
  fi
  rm -f "$installer"
fi
if [ -z "$(toolchain)" ]; then
  if have rustup && timeout 120 rustup target add wasm32-unknown-unknown >/dev/null 2>&1; then
    say "added the browser target to the Rust tool chain"
  else
    # No network to Rust's own servers: Debian's compiler with the standard library built here.
    install_packages rustc-web cargo-web rust-web-src libstd-rust-web-dev rust-web-clippy
    say "building the standard library for the browser (about 40 s)"
    target=/usr/lib/rustlib/wasm32-unknown-unknown/lib
    work=$(mktemp -d)
    (cd "$work" && quietly /usr/bin/cargo init --lib --name empty . &&
      RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTFLAGS="-C embed-bitcode=yes" CARGO_TARGET_DIR="$work/target" RUSTUP_TOOLCHAIN= \
        quietly /usr/bin/cargo build -Zbuild-std=std,panic_abort --target wasm32-unknown-unknown --release)
    mkdir -p "$target" /usr/lib/rustlib/x86_64-unknown-linux-gnu/bin
    find "$work/target/wasm32-unknown-unknown/release/deps" -name '*.rlib' ! -name 'libempty*' -exec cp {} "$target/" \;
    rm -rf "$work"
    ln -sf "$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld" /usr/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld
    rustup toolchain link debian-web /usr
  fi
fi
default_toolchain=$(rustup show active-toolchain 2>/dev/null | cut -d' ' -f1 || true)
eval "$(print_environment)"
unset RUSTC_WRAPPER
if [ "${RUSTUP_TOOLCHAIN:-}" = debian-web ] && [ "$WANT_TESTS" = test ] && ! cargo fmt --version >/dev/null 2>&1; then
  # Debian packages no formatter for this compiler; the one of rustup's tool chain works on its own.
  for program in rustfmt cargo-fmt; do
    ln -sf "$(rustup which --toolchain "$default_toolchain" "$program")" "/usr/bin/$program"
  done
fi

# --- build tools ---------------------------------------------------------------------------------
cargo_tool() { # cargo_tool COMMAND CRATE VERSION MINUTES [FLAGS…]
  local command=$1 crate=$2 version=$3 minutes=$4; shift 4
  local mark=$CACHE/tools/.$crate-$version
  [ -e "$mark" ] && return
  say "building $command $version (about $minutes min, once per machine)"
  export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1
  cargo install "$crate" --version "$version" --root "$CACHE/tools" --locked "$@" --quiet ||
    quietly cargo install "$crate" --version "$version" --root "$CACHE/tools" "$@"
  unset CARGO_PROFILE_RELEASE_LTO CARGO_PROFILE_RELEASE_CODEGEN_UNITS CARGO_PROFILE_RELEASE_OPT_LEVEL
  touch "$mark"
}
cargo_tool wasm-bindgen wasm-bindgen-cli "$WASM_BINDGEN_VERSION" 3
cargo_tool cargo-leptos cargo-leptos "$CARGO_LEPTOS_VERSION" 10 --features no_downloads
[ "$WANT_TESTS" != test ] || have cargo-nextest || cargo_tool cargo-nextest cargo-nextest 0.9.143 6

npm_folder() { # npm_folder FOLDER: installs what its lock file says
  local mark=$1/node_modules/.installed
  [ -e "$mark" ] && [ "$mark" -nt "$1/package-lock.json" ] && return
  say "installing the npm packages of $1 (10 s)"
  (cd "$1" && quietly npm install --no-audit --no-fund --no-save)
  touch "$mark"
}
npm_folder style
[ "$WANT_TESTS" != test ] || npm_folder end2end

# --- the notebooks' Python environment -----------------------------------------------------------
if [ ! -e "$NOTEBOOK_ENVIRONMENT/.complete" ]; then
  say "building the notebooks' Python environment (about 2 min, once per version)"
  rm -rf "$NOTEBOOK_ENVIRONMENT"
  quietly /usr/bin/python3 -m venv "$NOTEBOOK_ENVIRONMENT"
  quietly "$NOTEBOOK_ENVIRONMENT/bin/pip" install --disable-pip-version-check --no-input -r server/spawner/environment/requirements.txt
  quietly "$NOTEBOOK_ENVIRONMENT/bin/python" -m compileall -q "$NOTEBOOK_ENVIRONMENT/lib"
  touch "$NOTEBOOK_ENVIRONMENT/.complete"
fi
