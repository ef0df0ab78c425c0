#!/usr/bin/env bash
# Runs a published OpenAI client, pinned, with the program of its language here. usage: sdk.sh python|javascript
# The packages are kept outside the tree; Python's are those of the end-to-end tests.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
clients=$here/../../../../e2e/clients
# shellcheck source=../../../../e2e/clients/venv.sh
source "$clients/venv.sh"

case $1 in
  python)
    made=$(venv openai-client "$(sha256sum "$clients/requirements.txt")" -r "$clients/requirements.txt")
    exec "$made/bin/python" "$here/openai_sdk.py"
    ;;
  javascript)
    package=openai@7.59.0
    made=$(modules openai-javascript "$(sha256sum <<<"$package")" "$package")
    run_node "$made" "$here/openai_sdk.mjs"
    ;;
  *) echo "usage: sdk.sh python|javascript" >&2 && exit 2 ;;
esac
