-- Asks one route after the other in a fixed shuffled order, and prints the figures of the run as
-- one line: requests/s, p50 and p99 in microseconds, errors.
--
-- ROUTE_KIND=host: http://u<N>.localhost:PORT/api   ROUTE_KIND=path: /user/u<N>/api
-- ROUTE_KIND=none: /api, without a proxy.

local kind = os.getenv("ROUTE_KIND")
local routes = tonumber(os.getenv("ROUTES"))
local port = os.getenv("ROUTE_PORT")

-- What a browser sends with a poll of JupyterLab.
local headers = {
  ["Accept"] = "*/*",
  ["Accept-Encoding"] = "gzip, deflate, br, zstd",
  ["Accept-Language"] = "en-GB,en;q=0.9",
  ["Cookie"] = "_xsrf=2|7d1f4c5a|2d0a4b1c9e|1763722800; username=x; ledgercloud-door=v1.x.y.z",
  ["Sec-Fetch-Dest"] = "empty",
  ["Sec-Fetch-Mode"] = "cors",
  ["Sec-Fetch-Site"] = "same-origin",
  ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0",
  ["X-XSRFToken"] = "2|7d1f4c5a|2d0a4b1c9e|1763722800",
}

local requests = {}
local position = 0

function init(_)
  for i = 0, routes - 1 do
    local n = (i * 7919) % routes
    local path = "/api"
    headers["Host"] = "127.0.0.1:" .. port
    if kind == "host" then
      headers["Host"] = "u" .. n .. ".localhost:" .. port
    elseif kind == "path" then
      path = "/user/u" .. n .. "/api"
    end
    requests[i + 1] = wrk.format("GET", path, headers)
  end
end

function request()
  position = position % routes + 1
  return requests[position]
end

function done(summary, latency, _)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("FIGURES %.0f %d %d %d\n",
    summary.requests / (summary.duration / 1e6),
    latency:percentile(50), latency:percentile(99), failed))
end
