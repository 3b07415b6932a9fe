#!/usr/bin/env bash
# Lint, types, contracts and house rules; under half a minute once warm.
set -euo pipefail
cd "$(dirname "$0")/.."
BIN=.venv/bin
$BIN/ruff check --quiet src tests bench docs
$BIN/ruff format --quiet --check src tests bench docs
# no server is started to read the settings
DATABASE_URL=postgresql://unused/unused ENCOURS_HOME="$(mktemp -d)" $BIN/mypy --no-error-summary
$BIN/lint-imports --no-cache >/tmp/encours-contracts.$$ 2>&1 || { cat /tmp/encours-contracts.$$; rm -f /tmp/encours-contracts.$$; exit 1; }
rm -f /tmp/encours-contracts.$$
$BIN/djlint --quiet --lint --profile=django src/encours
# the rules of the house need no settings and no database
$BIN/python -m pytest -q -c /dev/null --rootdir . --noconftest -p no:django -p no:cacheprovider -p no:xdist tests/test_tidy.py tests/test_catalogues.py
