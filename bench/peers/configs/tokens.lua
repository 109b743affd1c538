local requests = {}
local next = 0
function init(args)
  for token in io.lines("{{.Folder}}/tokens") do
    requests[#requests + 1] = wrk.format("GET", nil, { ["Authorization"] = "Bearer " .. token })
  end
  next = math.random(#requests)
end
function request()
  next = next % #requests + 1
  return requests[next]
end
