-- wrk script. Arguments: what to call, a file with one API key a line, and for `get` a file with one "key session_id"
-- a line, for `list` the path. Prices are whole rupees from 100 to 99,999, spread over the keys.
local what, keys, sessions, path = "create", {}, {}, ""

function init(args)
  what = args[1]
  for line in io.lines(args[2]) do keys[#keys + 1] = line end
  if what == "get" or what == "bare-get" then
    for line in io.lines(args[3]) do
      local key, id = line:match("(%S+) (%S+)")
      sessions[#sessions + 1] = { key = key, id = id }
    end
  end
  path = args[3] or ""
  math.randomseed(os.time())
end

function request()
  if what == "get" or what == "bare-get" then
    local session = sessions[math.random(#sessions)]
    local base = what == "get" and "/api/v1/payment/" or "/bare/"
    return wrk.format("GET", base .. session.id, { ["X-API-Key"] = session.key })
  elseif what == "list" then
    return wrk.format("GET", path, { ["X-API-Key"] = keys[1] })
  end
  local headers = { ["X-API-Key"] = keys[math.random(#keys)], ["Content-Type"] = "application/json" }
  local body = '{"amount": ' .. math.random(100, 99999) .. ', "merchant_ref": "ORDER-123", "metadata": {"order_id": "A"}}'
  return wrk.format("POST", what == "bare" and "/bare" or "/api/v1/create-payment", headers, body)
end

function done(summary, latency, requests)
  io.write(string.format("RESULT %.1f %d %.2f %.2f\n", summary.requests / summary.duration * 1e6,
    summary.errors.status + summary.errors.read + summary.errors.timeout, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000))
end
