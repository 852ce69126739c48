# The door to the project. `make help` lists what there is behind it.

.DEFAULT_GOAL := all
.PHONY: all help web deps deps-test run check quick asan tsan lint format fuzz bench \
        soak screens lighthouse docs clean

SOAK_SECONDS ?= 3600
JOBS ?= $(shell nproc)
STATE ?= ./var
WEB ?= yes
FUZZ_SECONDS ?= 600

all: deps web ## build the programs (build/release/bin)
	@scripts/build.sh release

help: ## this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

web: ## build the web app (needs Node.js); WEB=no makes a server without it
ifneq ($(WEB),no)
	@scripts/deps.sh web
	@scripts/web.sh
endif

deps: ## install what a build needs (Debian packages), if it is missing
	@scripts/deps.sh build

deps-test: deps ## install what the tests need besides
	@scripts/deps.sh test

run: all ## build and serve, with the state in ./var (STATE=FOLDER for another)
	@exec scripts/run.sh $(STATE)

check: deps-test ## all tests, in builds with and without sanitizers
	@scripts/check.sh all

quick: deps-test ## unit tests and the sanity of the tables, in two minutes
	@scripts/check.sh quick

asan: deps-test ## the unit tests under AddressSanitizer and UBSan
	@scripts/build.sh asan && cd build/asan && ctest --output-on-failure -L unit

tsan: deps-test ## the tests under ThreadSanitizer
	@scripts/check.sh tsan

lint: deps-test ## clang-tidy, cppcheck, gcc -fanalyzer, shellcheck, formatting
	@scripts/lint.sh

format: ## lay the code out (clang-format)
	@git ls-files 'src/*.[ch]' 'tests/*.[ch]' 'bench/*.[ch]' | xargs clang-format -i

fuzz: deps-test ## each fuzz target for FUZZ_SECONDS (600)
	@scripts/fuzz.sh $(FUZZ_SECONDS)

soak: deps-test ## power losses and kills under load, for SOAK_SECONDS (3600)
	@scripts/soak.sh $(SOAK_SECONDS)

bench: deps-test ## the figures of docs/BENCH.md, as ratios to peers in the same run
	@bench/run.sh

screens: all deps-test ## pictures of all pages of the web app, in build/screens
	@scripts/screens.sh

lighthouse: all deps-test ## what Lighthouse says of sign-in and files; RUNS=5 for the median of five
	@scripts/lighthouse.sh

docs: all ## make the generated pages anew: docs/API.md, the TypeScript types
	@scripts/docs.sh

clean: ## remove what was built; the state in ./var stays
	rm -rf build
