function init(args)
  requests, next = {}, 0
  for token in io.lines("{{.Folder}}/tokens") do
    requests[#requests + 1] = wrk.format("GET", nil, { ["Authorization"] = "Bearer " .. token })
    if #requests == 1000 then break end
  end
end
function request()
  next = next % #requests + 1
  return requests[next]
end
