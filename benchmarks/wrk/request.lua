-- What one wrk thread sends and what the run reports. The operation, the key and the number of customers come from the
-- environment; every request is for a customer drawn at random, but for `attach`, which takes one after the other.
local operation = os.getenv("BENCH_OPERATION")
local customers = tonumber(os.getenv("BENCH_CUSTOMERS"))
local batch = tonumber(os.getenv("BENCH_BATCH") or "500")
local run = os.getenv("BENCH_RUN") or "run"
local first = tonumber(os.getenv("BENCH_FIRST") or "1")
local of_threads = tonumber(os.getenv("BENCH_THREADS") or "1")
local threads = 0

local headers = {
  ["Authorization"] = "Bearer " .. os.getenv("BENCH_KEY"),
  ["Content-Type"] = "application/json",
  ["x-api-version"] = "2.5.0",
}

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

local function anyone()
  return first + math.random(customers) - 1
end

local function usage()
  return string.format('{"customer_id":"c%d","feature_id":"messages","value":1}', anyone())
end

local function switch(customer, plan)
  return string.format('{"customer_id":"c%d","plan_id":"%s","plan_schedule":"immediate"}', customer, plan)
end

-- Each thread has every other customer; with every pass over them, they go to the other plan. The first request of the
-- first thread is made by wrk to look at it, and is not sent.
local function next_switch(asked)
  local turn = math.max(1, number == 1 and asked - 1 or asked)
  local share = math.floor((customers + of_threads - number) / of_threads)
  local pass = math.floor((turn - 1) / share)
  local customer = first + number - 1 + ((turn - 1) % share) * of_threads
  return switch(customer, pass % 2 == 0 and "premium" or "pro")
end

local function quantity()
  return string.format(
    '{"customer_id":"c%d","plan_id":"pro","feature_quantities":[{"feature_id":"messages","quantity":%d}]}',
    anyone(), math.random(50) * 100)
end

local function whole_batch()
  local rows = {}
  for i = 1, batch do rows[i] = usage() end
  return "[" .. table.concat(rows, ",") .. "]"
end

-- Bodies of a batch are drawn once, so that the client does not take the server's processor.
local batches = {}
local sent = 0

function init()
  math.randomseed(number * 7919)
  if operation == "batch_track" then
    for i = 1, 20 do batches[i] = whole_batch() end
  end
end

function request()
  sent = sent + 1
  if operation == "batch_track" then
    return wrk.format("POST", "/v1/balances.batch_track", headers, batches[sent % #batches + 1])
  elseif operation == "check" then
    local body = string.format('{"customer_id":"c%d","feature_id":"messages"}', anyone())
    return wrk.format("POST", "/v1/balances.check", headers, body)
  elseif operation == "preview_attach" then
    return wrk.format("POST", "/v1/billing.preview_attach", headers, switch(anyone(), "premium"))
  elseif operation == "attach" then
    return wrk.format("POST", "/v1/billing.attach", headers, next_switch(sent))
  elseif operation == "update" then
    return wrk.format("POST", "/v1/billing.update", headers, quantity())
  elseif operation == "track_once" then
    headers["Idempotency-Key"] = run .. "-" .. number .. "-" .. sent
  end
  return wrk.format("POST", "/v1/balances.track", headers, usage())
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\nRESULT {"requests":%d,"microseconds":%d,"p50_us":%d,"p99_us":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.status, e.connect + e.read + e.write + e.timeout))
end
