-- One small request over and over: as fast as this load generator can ask.

wrk.method = "POST"
wrk.path = "/check"
wrk.body = '{"code":"123456"}'
wrk.headers["Content-Type"] = "application/json"

function done(summary, latency, requests)
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    '\n{"requests":%d,"micros":%d,"p50":%d,"p99":%d,"wrong":%d,"wrong_status":0,"dry":0,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    summary.errors.status, broken))
end
