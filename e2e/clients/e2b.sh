#!/usr/bin/env bash
# Runs E2B's published clients against the API, each pinned to a version: the current one, an older one that people still
# have, and one from before the code interpreter's client read E2B_SANDBOX_URL, whose code contexts are left out: it wants
# a name for each sandbox in DNS. The packages are kept outside the tree. usage: e2b.sh python|javascript current|older|oldest
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/venv.sh"

case $1-$2 in
  python-current) packages=(e2b==2.63.0 e2b-code-interpreter==2.11.5) ;;
  python-older) packages=(e2b==2.26.0 e2b-code-interpreter==2.9.0) ;;
  python-oldest) packages=(e2b==2.9.0 e2b-code-interpreter==2.4.1) ;;
  javascript-current) packages=(e2b@2.51.0 @e2b/code-interpreter@2.8.0) ;;
  javascript-older) packages=(e2b@2.39.0 @e2b/code-interpreter@2.7.1) ;;
  javascript-oldest) packages=(e2b@2.9.0 @e2b/code-interpreter@2.3.1) ;;
  *) echo "usage: e2b.sh python|javascript current|older|oldest" >&2 && exit 2 ;;
esac
key=$(printf '%s\n' "${packages[@]}" | sha256sum)

if [ "$1" = python ]; then
  made=$(venv e2b-python "$key" "${packages[@]}")
  exec "$made/bin/python" "$here/e2b_client.py" "$2"
fi

made=$(modules e2b-javascript "$key" "${packages[@]}")
run_node "$made" "$here/e2b.mjs" "$2"
