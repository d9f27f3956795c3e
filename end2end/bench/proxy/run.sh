#!/usr/bin/env bash
# Measures the proxy against configurable-http-proxy: same machine, same run, same upstream, same
# requests, alternating rounds. Prints Markdown tables.
#
#   ROUTES=2000 CONNECTIONS=32 SECONDS_PER_ROUND=8 ROUNDS=3 WEBSOCKETS=5000 end2end/bench/proxy/run.sh
#
# Needs cargo, node with npm, python3 and wrk (apt-get install wrk).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
export ROUTES=${ROUTES:-2000}
connections=${CONNECTIONS:-32}
seconds=${SECONDS_PER_ROUND:-8}
rounds=${ROUNDS:-3}
websockets=${WEBSOCKETS:-5000}
chp_version=5.3.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ledgercloud/bench
upstream_port=9101 ours_port=9102 chp_port=9103 chp_api_port=9104 unix_port=9105

for tool in cargo node npm python3 wrk curl; do
  command -v "$tool" >/dev/null || { echo "$tool is missing (see the head of $0)" >&2; exit 1; }
done
ulimit -n "$(ulimit -Hn)"

echo "Building the proxy in release mode and installing configurable-http-proxy $chp_version …" >&2
(cd "$root" && cargo build --quiet --release -p proxy --examples)
bin=${CARGO_TARGET_DIR:-$root/target}/release/examples
chp_program=$cache/node_modules/.bin/configurable-http-proxy
if ! "$chp_program" --version 2>/dev/null | grep -qF "$chp_version"; then
  mkdir -p "$cache"
  npm install --silent --no-audit --no-fund --prefix "$cache" "configurable-http-proxy@$chp_version" >&2
fi

started=()
work=$(mktemp -d)
finish() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

start() { # name, command…
  local name=$1
  shift
  "$@" >"$work/$name.log" 2>&1 &
  started+=($!)
  eval "${name}_pid=$!"
}

await() { # what, command that succeeds once it is there
  local what=$1
  shift
  for _ in $(seq 200); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.05
  done
  echo "$what did not start; its log:" >&2
  cat "$work"/*.log >&2
  exit 1
}

export CONFIGPROXY_AUTH_TOKEN=bench
start upstream "$bin/bench_upstream" "127.0.0.1:$upstream_port"
start upstream_unix "$bin/bench_upstream" "$work/upstream.sock"
await "the upstream" curl -fs "http://127.0.0.1:$upstream_port/api"
start ours "$bin/bench_proxy" "$ours_port" "127.0.0.1:$upstream_port" "$ROUTES"
start ours_unix "$bin/bench_proxy" "$unix_port" "$work/upstream.sock" "$ROUTES"
start chp "$chp_program" --ip 127.0.0.1 --port "$chp_port" --api-ip 127.0.0.1 --api-port "$chp_api_port" \
  --log-level error
await "the proxy" curl -fs -H "Host: u0.localhost:$ours_port" "http://127.0.0.1:$ours_port/api"
await "the proxy (Unix socket)" curl -fs -H "Host: u0.localhost:$unix_port" "http://127.0.0.1:$unix_port/api"
await "configurable-http-proxy" curl -fs -H "Authorization: token bench" "http://127.0.0.1:$chp_api_port/api/routes"

echo "Adding $ROUTES routes to configurable-http-proxy …" >&2
for n in $(seq 0 $((ROUTES - 1))); do
  echo "url = \"http://127.0.0.1:$chp_api_port/api/routes/user/u$n\""
  echo 'request = "POST"'
  echo 'header = "Authorization: token bench"'
  echo "data = \"{\\\"target\\\":\\\"http://127.0.0.1:$upstream_port\\\"}\""
  echo 'next'
done | sed '$d' | curl -fs --config - >/dev/null
await "the last route" curl -fs "http://127.0.0.1:$chp_port/user/u$((ROUTES - 1))/api"

# Time that a process has spent on processors, in clock ticks, user and kernel.
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

measure() { # kind, port, pid, connections, seconds → "requests/s p50 p99 errors cpu-µs/request"
  local before figures
  before=$(cpu_ticks "$3")
  figures=$(ROUTE_KIND=$1 ROUTE_PORT=$2 wrk -t1 -c"$4" -d"$5s" -s "$here/routes.lua" "http://127.0.0.1:$2" |
    sed -n 's/^FIGURES //p')
  awk -v ticks=$(($(cpu_ticks "$3") - before)) -v hertz="$(getconf CLK_TCK)" -v seconds="$5" \
    '{ printf "%s %.1f\n", $0, 1e6 * ticks / hertz / ($1 * seconds) }' <<<"$figures"
}

median() { # of the lines of figures, by requests/s
  sort -n | sed -n "$(((rounds + 1) / 2))p"
}

resident_kb() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"; }

echo "Measuring: $rounds rounds of $seconds s each …" >&2
direct=(none "$upstream_port" "$upstream_pid")
ours=(host "$ours_port" "$ours_pid")
ours_unix=(host "$unix_port" "$ours_unix_pid")
chp=(path "$chp_port" "$chp_pid")
for target in direct ours ours_unix chp; do
  declare -n arguments=$target
  measure "${arguments[@]}" "$connections" 2 >/dev/null
done
for _ in $(seq "$rounds"); do
  for target in direct ours ours_unix chp; do
    declare -n arguments=$target
    measure "${arguments[@]}" "$connections" "$seconds" >>"$work/$target"
    measure "${arguments[@]}" 1 3 >>"$work/${target}_one"
  done
done

row() { # title, file, pid
  read -r rate p50 p99 errors cpu < <(median <"$work/$2")
  echo "| $1 | $rate | $p50 | $p99 | $errors | $cpu | $(($(resident_kb "$3") / 1024)) |"
}

echo
echo "$ROUTES routes, $connections connections, median of $rounds rounds of $seconds s; $(nproc) processors shared by wrk, upstream and proxy"
echo
echo "| | requests/s | p50 µs | p99 µs | errors | processor µs/request | resident MB |"
echo "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
row "upstream alone" direct "$upstream_pid"
row "configurable-http-proxy $chp_version" chp "$chp_pid"
row "ledgercloud proxy" ours "$ours_pid"
row "ledgercloud proxy, Unix socket" ours_unix "$ours_unix_pid"
echo
read -r ours_rate _ ours_p99 _ _ < <(median <"$work/ours")
read -r chp_rate _ chp_p99 _ < <(median <"$work/chp")
awk -v a="$ours_rate" -v b="$chp_rate" -v c="$ours_p99" -v d="$chp_p99" \
  'BEGIN { printf "Ratio: %.1f × the requests/s, %.2f × the p99\n", a / b, c / d }'

echo
echo "| one connection | p50 µs | p99 µs | added to p50 µs |"
echo "| --- | ---: | ---: | ---: |"
read -r _ direct_p50 direct_p99 _ < <(median <"$work/direct_one")
echo "| upstream alone | $direct_p50 | $direct_p99 | |"
for which in "chp configurable-http-proxy" "ours ledgercloud proxy" "ours_unix ledgercloud proxy, Unix socket"; do
  read -r _ p50 p99 _ < <(median <"$work/${which%% *}_one")
  echo "| ${which#* } | $p50 | $p99 | $((p50 - direct_p50)) |"
done

echo
echo "| $websockets idle WebSockets | open | resident MB before | resident MB |"
echo "| --- | ---: | ---: | ---: |"
for which in "ours $ours_port host ledgercloud proxy" "chp $chp_port path configurable-http-proxy"; do
  read -r name port kind title <<<"$which"
  pid_name=${name}_pid
  read -r open before after < <(python3 "$here/websockets.py" "127.0.0.1:$port" "${!pid_name}" "$websockets" "$kind")
  echo "| $title | $open | $((before / 1024)) | $((after / 1024)) |"
done
