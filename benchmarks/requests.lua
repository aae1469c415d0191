-- What wrk sends: the requests of a file, one after another, from a place in it on.
-- wrk ... requests.lua URL -- FILE FIRST
-- A line of FILE is a path, a tab and an Authorization header, which may be empty.

local requests, at = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    local path, login = line:match("^([^\t]*)\t(.*)$")
    local headers = { Host = wrk.headers["Host"] }
    if login ~= "" then headers["Authorization"] = login end
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
  at = tonumber(args[2]) % #requests
end

-- wrk calls it once before it begins, to look at what it gets; that is not sent.
function request()
  at = at % #requests + 1
  return requests[at]
end

-- Microseconds. An answer of 400 or more is a refusal, whatever was expected.
function done(summary, latency)
  local failed = summary.errors
  io.write(string.format(
    '{"requests": %d, "duration": %d, "p50": %d, "p99": %d, "refused": %d, "lost": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    failed.status, failed.connect + failed.read + failed.write + failed.timeout))
end
