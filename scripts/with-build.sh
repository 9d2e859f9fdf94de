#!/bin/sh
# Installs and builds what is missing, then runs its arguments with the pinned Node first on the PATH.
#   with-build.sh [--install-only] COMMAND [ARGUMENT…]
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
# A machine without a display of its own, or a CI system, wants no colours and no spinner from npm.
installed=node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ package-lock.json -nt "$installed" ]; then
  echo 'resmask: installing packages (once) …' >&2
  ONNXRUNTIME_NODE_INSTALL="${ONNXRUNTIME_NODE_INSTALL:-skip}" npm ci --loglevel=error --no-progress >&2
  touch "$installed"
fi
PATH="$root/node_modules/.bin:$PATH"
export PATH
# The shell has looked `node` up before the pinned one was installed.
hash -r
if [ "${1:-}" = --install-only ]; then
  shift
else
  node scripts/build.mjs
fi
exec "$@"
