-- SPDX-License-Identifier: GPL-2.0-only
-- For wrk: each thread asks another of the addresses in ADDRESSES, and the figures are JSON.

local addresses = {}
for address in os.getenv("ADDRESSES"):gmatch("%S+") do
   table.insert(addresses, address)
end

local threads = 0

function setup(thread)
   local address = addresses[threads % #addresses + 1]
   thread.addr = wrk.lookup(address, wrk.port)[1]
   threads = threads + 1
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '\nFIGURES {"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "errors": %d}\n',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
      latency:percentile(99) / 1e3,
      errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
