-- Sends the requests of a file in turn, over and over: a line with the length, then the bytes, then a newline.
local requests, at = {}, 0

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  for length in function() return file:read("*l") end do
    requests[#requests + 1] = file:read(tonumber(length))
    file:read(1)
  end
  file:close()
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary)
  local e = summary.errors
  io.write(string.format('{"answered": %d, "microseconds": %d, "failed": %d}\n',
    summary.requests, summary.duration, e.status + e.connect + e.read + e.write + e.timeout))
end
