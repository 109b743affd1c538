wrk.headers["Authorization"] = "Bearer {{index .Tokens 0}}"
