wrk.headers["Authorization"] = "Bearer {{.Token}}"
