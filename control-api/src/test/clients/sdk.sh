#!/usr/bin/env bash
# Runs a published OpenAI client, pinned, with the program of its language here. usage: sdk.sh python|javascript
# The packages are kept outside the tree, keyed by what they are.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../../../../e2e/clients/venv.sh"

# the tree's own programs come first in PATH when make runs this, and one of them is called node too
PATH=$(tr : '\n' <<<"$PATH" | grep -v '/build/bin$' | paste -sd :)

case $1 in
  python)
    made=$(venv openai-sdk "$(printf openai==3.57.0 | sha256sum)" openai==3.57.0)
    exec "$made/bin/python" "$here/openai_sdk.py"
    ;;
  javascript)
    kept=$cache/openai-javascript-7.59.0
    if [ ! -e "$kept/done" ]; then
      rm -rf "$kept"
      mkdir -p "$kept"
      printf '{"private": true, "type": "module"}\n' >"$kept/package.json"
      (cd "$kept" && npm install --silent --no-audit --no-fund --no-package-lock --save-exact openai@7.59.0 >&2)
      touch "$kept/done"
    fi
    # modules are looked for beside the program
    cp "$here/openai_sdk.mjs" "$kept/openai_sdk.mjs"
    cd "$kept" && exec node openai_sdk.mjs
    ;;
  *) echo "usage: sdk.sh python|javascript" >&2 && exit 2 ;;
esac
