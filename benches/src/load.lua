-- Sends prepared requests, each once or over and over, and checks every answer.
--
-- What it does comes from the environment: BENCH_REQUESTS, a file with one request per line (method, path,
-- cookies, body, between tabs); BENCH_STATUS and BENCH_LOCATION, the answer that counts as right;
-- BENCH_AGAIN=1 to begin from the front at the end; BENCH_NODES, "host:port" of each server, one thread each.

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
  local nodes = {}
  for host, port in os.getenv("BENCH_NODES"):gmatch("([^:,]+):(%d+)") do
    table.insert(nodes, wrk.lookup(host, port)[1])
  end
  thread.addr = nodes[(#threads - 1) % #nodes + 1]
end

local prepared, sent, again
local status_wanted, location_wanted
wrong, wrong_status, ran_dry = 0, 0, 0

function init(arguments)
  local share = tonumber(os.getenv("BENCH_THREADS"))
  again = os.getenv("BENCH_AGAIN") == "1"
  status_wanted = tonumber(os.getenv("BENCH_STATUS"))
  location_wanted = os.getenv("BENCH_LOCATION")
  if location_wanted == "" then location_wanted = nil end
  prepared, sent = {}, 0
  local at = 0
  for line in io.lines(os.getenv("BENCH_REQUESTS")) do
    if at % share == number then
      local method, path, cookies, body = line:match("^(%S+)\t(%S+)\t([^\t]*)\t([^\t]*)$")
      local headers = { ["Host"] = os.getenv("BENCH_HOST"), ["User-Agent"] = "wrk" }
      if cookies ~= "" then headers["Cookie"] = cookies end
      if body == "" then body = nil else headers["Content-Type"] = os.getenv("BENCH_TYPE") end
      table.insert(prepared, wrk.format(method, path, headers, body))
    end
    at = at + 1
  end
end

function request()
  sent = sent + 1
  if sent > #prepared then
    if not again then ran_dry = 1 end
    sent = 1
  end
  return prepared[sent]
end

function response(status, headers, body)
  if status ~= status_wanted or (location_wanted and headers["location"] ~= location_wanted) then
    wrong = wrong + 1
    wrong_status = status
  end
end

function done(summary, latency, requests)
  local wrong, wrong_status, dry = 0, 0, 0
  for _, thread in ipairs(threads) do
    wrong = wrong + thread:get("wrong")
    wrong_status = math.max(wrong_status, thread:get("wrong_status"))
    dry = dry + thread:get("ran_dry")
  end
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    '\n{"requests":%d,"micros":%d,"p50":%d,"p99":%d,"wrong":%d,"wrong_status":%d,"dry":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), wrong, wrong_status,
    dry, broken))
end
