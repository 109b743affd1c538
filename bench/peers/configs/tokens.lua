-- each thread has tokens of its own, and takes each once
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end
function init(args)
  requests, next = {}, 0
  local i = 0
  for token in io.lines("{{.Folder}}/tokens") do
    if i % 2 == number then
      requests[#requests + 1] = wrk.format("GET", nil, { ["Authorization"] = "Bearer " .. token })
    end
    i = i + 1
  end
end
function request()
  next = next % #requests + 1
  return requests[next]
end
