-- wrk script: spreads prices (whole rupees from 100 to 99,999) and keys; reads of known sessions by id.
-- args: mode (create | bare | get | list), file with one API key a line, file with one "key session_id" a line
local mode, keys, sessions = "create", {}, {}

function init(args)
  mode = args[1]
  for line in io.lines(args[2]) do keys[#keys + 1] = line end
  if args[3] then
    for line in io.lines(args[3]) do
      local key, id = line:match("(%S+) (%S+)")
      sessions[#sessions + 1] = { key = key, id = id }
    end
  end
  math.randomseed(os.time())
end

function request()
  local key = keys[math.random(#keys)]
  if mode == "get" then
    local session = sessions[math.random(#sessions)]
    return wrk.format("GET", "/api/v1/payment/" .. session.id, { ["X-API-Key"] = session.key })
  elseif mode == "list" then
    return wrk.format("GET", "/api/v1/payments?limit=50", { ["X-API-Key"] = key })
  end
  local body = '{"amount": ' .. math.random(100, 99999) .. ', "merchant_ref": "ORDER-123", "metadata": {"order_id": "A"}}'
  local path = mode == "bare" and "/bare" or "/api/v1/create-payment"
  return wrk.format("POST", path, { ["X-API-Key"] = key, ["Content-Type"] = "application/json" }, body)
end

function done(summary, latency, requests)
  io.write(string.format("RESULT %.1f %d %.2f %.2f\n", summary.requests / summary.duration * 1e6,
    summary.errors.status + summary.errors.read + summary.errors.timeout, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000))
end
