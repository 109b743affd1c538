# What can be done with this tree. `make` alone lists it.

GO ?= go
# Where the conformance data lies that nobody here wrote; tests that need it
# say so and are skipped where it is absent.
SALLYPORT_CONFORMANCE ?= $(abspath ../shared/conformance)
export SALLYPORT_CONFORMANCE

# How long each fuzz target runs, which ones, and how often soak repeats.
FUZZTIME ?= 1m
FUZZ ?= .
COUNT ?= 20
# Which benchmarks.
BENCH ?= .

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.DEFAULT_GOAL := help
.PHONY: help build test unit race scripts browser fuzz bench bench-go bench-schema bench-tokens bench-keys bench-rules soak lint vet fmt docs schema check demo clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## make bin/sallyport
	$(GO) build -trimpath -o bin/sallyport ./cmd/sallyport

test: ## everything a change must pass: vet, gofmt, and all tests under the race detector
	@scripts/need go cc chromium postgresql
	@$(MAKE) --no-print-directory vet fmt race

unit: ## all tests but the browser's, without the race detector
	@scripts/need go postgresql
	$(GO) test $$($(GO) list ./... | grep -v /demo$$)

race: ## all tests under the race detector
	$(GO) test -race -vet=off -timeout 15m ./...

scripts: ## the scripts of cmd/sallyport/testdata against the real command
	$(GO) test -vet=off -count=1 -run TestScripts ./cmd/sallyport

browser: ## the page of the demonstration in a real browser
	@scripts/need chromium
	$(GO) test -vet=off -count=1 ./demo

fuzz: ## every fuzz target for FUZZTIME each; FUZZ=Name for one
	scripts/fuzz $(FUZZTIME) $(FUZZ)

bench: build ## the gateway beside haproxy, nginx and caddy, in turn, into docs/benchmarks.md
	@scripts/need go haproxy nginx caddy wrk h2load
	cd bench && $(GO) run -mod=mod ./peers -page ../docs/benchmarks.md

bench-go: ## benchmarks of functions; BENCH=Name for one
	$(GO) test -vet=off -run '^$$' -bench '$(BENCH)' -benchmem ./...

# bench is a module of its own: -mod=mod lets it follow what this one requires.
bench-schema: ## the schema engine beside other libraries, in turn, into docs/benchmarks-schema.md
	cd bench && $(GO) test -mod=mod -vet=off -v -timeout 1h -run '^TestTable$$' -table ../docs/benchmarks-schema.md -benchtime 150ms .

bench-tokens: ## verifying tokens beside other libraries, in turn, into docs/benchmarks-tokens.md
	cd bench && $(GO) test -mod=mod -vet=off -v -timeout 1h -run '^TestTokens$$' -tokens ../docs/benchmarks-tokens.md -rounds 15 -benchtime 50ms .

bench-rules: ## rules over objects beside none, in turn, into docs/benchmarks-rules.md
	cd bench && $(GO) test -mod=mod -vet=off -v -timeout 1h -run '^TestRules$$' -rules ../docs/benchmarks-rules.md -rounds 9 -benchtime 50ms .

KEYS ?= 10000000
bench-keys: ## KEYS API keys put into a store and looked up, into docs/benchmarks-keys.md
	cd bench && $(GO) run -mod=mod ./keys -keys $(KEYS) -page ../docs/benchmarks-keys.md

soak: ## all tests COUNT times over, to find what fails now and then
	@scripts/need go cc chromium postgresql
	$(GO) test -race -vet=off -timeout 6h -count=$(COUNT) ./...

lint: vet fmt ## vet, gofmt and staticcheck
	$(GO) run $(STATICCHECK) ./...

vet:
	$(GO) vet ./...

fmt:
	@scripts/formatted

docs: ## write the generated pages anew
	$(GO) generate ./...

schema: ## write config/schema.json, for editors, and its page anew
	$(GO) generate ./config

check: vet fmt ## what takes seconds: vet, gofmt, the house rules, the pages
	$(GO) test -vet=off -run 'TestRules' .
	$(GO) test -vet=off ./docs ./problem

demo: ## an unprotected and a protected endpoint side by side, in a browser
	$(GO) run ./cmd/sallyport demo

clean: ## remove what was built
	rm -rf bin
	$(GO) clean -testcache
