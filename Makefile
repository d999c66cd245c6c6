# Every command is `python3 -m sandbox …`; see `make help`.
# SALEOR=<checkout> PYTHON=<its interpreter> choose a Saleor 3.x, ARGS=… goes to pytest.

PYTHON3 ?= python3
SANDBOX = $(PYTHON3) -m sandbox $(if $(SALEOR),--saleor "$(SALEOR)" --python "$(PYTHON)")

.PHONY: help demo demo-check check test test-saleor3 test-saleor3-migrations bench pages mails mail-faults schema clean

help:
	@echo "make demo                      a shop with the whole loop played; stays up"
	@echo "make demo-check                the same, ends and fails if a step isn't as expected"
	@echo "make test                      everything this machine can check, inside Saleor 2.10.1"
	@echo "make check                     format, lint, imports, types, unit tests; under a minute"
	@echo "make test-saleor3              the tests inside a Saleor 3.x"
	@echo "make test-saleor3-migrations   all its migrations and ours, from an empty database"
	@echo "make bench                     ours against Saleor's own, as ratios"
	@echo "make pages                     the tracking pages in Chromium: accessibility, width, weight"
	@echo "make mails                     write the HTML frame of the mails from its MJML source"
	@echo "make mail-faults               workers are killed while mails go out: none lost, none twice"
	@echo "make schema                    write tests/schema.graphql"
	@echo "make clean                     stop what is left over, empty the cache"
	@echo "SALEOR=<checkout> PYTHON=<its interpreter>: in that Saleor 3.x instead of 2.10.1"

demo demo-check check test test-saleor3 test-saleor3-migrations bench pages mails mail-faults schema clean:
	@$(SANDBOX) $@ $(ARGS)
