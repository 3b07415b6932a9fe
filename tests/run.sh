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
# A data folder of its own, so that tests never meet the books of this machine; it need not outlive a power cut.
ENCOURS_HOME="$(mktemp -d)"
export ENCOURS_HOME ENCOURS_TEST_HOME_IS_THROWN_AWAY=1
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$ENCOURS_HOME"' EXIT
# The linters run beside the tests, which often wait; what they complain of ends the run at once.
bash tests/quick.sh >"$ENCOURS_HOME/quick.log" 2>&1 &
quick=$!
# Files come as they are collected: those that need no database, all of them short, fill the end.
.venv/bin/python -m pytest -q -n "${ENCOURS_TEST_PROCESSES:-2}" --dist loadfile --no-loadscope-reorder &
tests=$!
if ! wait "$quick"; then
  cat "$ENCOURS_HOME/quick.log"
  exit 1
fi
wait "$tests"
