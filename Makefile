# make demo   build, simulate a tenant, take it in, answer the questions, serve the pages (DEMO_FLAGS=--no-serve: end after the answers)
# make test   install what the tests need, then run all of them
# make fuzz   every fuzz target in turn, FUZZ_TIME each (60s), those that match FUZZ (package and target)
# make bench  the figures of docs/performance.md
# make soak   the truth of many tenants (SOAK_SEEDS=20), kill -9 at random moments (SOAK_ROUNDS=50) and a full disk, with questions before mending
# make help   the rest

GO      ?= go
DATA    ?= demo
VERSION := $(shell git describe --tags --always 2>/dev/null || echo dev)

.PHONY: help build demo test tools deps lint layers generated vuln fuzz soak bench clean

help:
	@sed -n '1,6p' Makefile; echo "# make lint | layers | generated | vuln | build | clean"

build:
	$(GO) build -ldflags "-X passtrail.Version=$(VERSION)" -o passtrail ./cmd/passtrail

demo: build
	./passtrail demo --data $(DATA) --page demo.html $(DEMO_FLAGS)

# deps installs what the tests need and is not a Go module: a browser. It says what it does.
deps:
	@./.ci/deps

test: deps
	$(GO) test -timeout 45m ./...

lint:
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "gofmt these files:"; echo "$$out"; exit 1; fi
	$(GO) vet ./...
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.0 ./...

layers:
	$(GO) test -count=1 -run TestLayers .

generated:
	@./.ci/generated

vuln:
	@./.ci/vuln

# fuzz is not part of CI: give it an hour (make fuzz FUZZ_TIME=10m FUZZ=kql) before a release.
fuzz:
	@./.ci/fuzz $(or $(FUZZ_TIME),60s) '$(FUZZ)'

soak:
	@./.ci/soak $(or $(SOAK_ROUNDS),50) $(or $(SOAK_SEEDS),20)

bench: build
	$(GO) run ./bench $(BENCH_FLAGS)

clean:
	rm -rf passtrail $(DATA) demo.html
