#!/usr/bin/env bash
# Everything: linters, types, contracts, then unit, PostgreSQL and browser tests; ends with the runner's count.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the browser tests ..."
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
  else
    echo "No Chromium here: the browser tests will be skipped and counted as such."
  fi
fi
if ! command -v dovecot >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Dovecot for the journeys by mail ..."
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends dovecot-imapd; } \
    >/dev/null 2>&1 || echo "Dovecot could not be installed: the tests' own IMAP server takes its place."
fi
bash tests/quick.sh
# A data folder of its own, so that tests never meet the books of this machine.
ENCOURS_HOME="$(mktemp -d)"
export ENCOURS_HOME
trap 'rm -rf "$ENCOURS_HOME"' EXIT
.venv/bin/python -m pytest -q -n "${ENCOURS_TEST_PROCESSES:-2}" --dist loadfile
