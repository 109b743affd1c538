-- every path that all have
function init(args)
  requests, next = {}, 0
  for i = 0, 9 do
    requests[#requests + 1] = wrk.format("GET", "/r" .. i .. "/things/1")
  end
end
function request()
  next = next % #requests + 1
  return requests[next]
end
