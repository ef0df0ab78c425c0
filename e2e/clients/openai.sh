#!/usr/bin/env bash
# Runs openai_client.py with the pinned OpenAI package, in a virtual environment kept outside the tree.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${HERMES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hermes}
venv=$cache/openai-client-$(sha256sum "$here/requirements.txt" | cut -c1-16)
if [ ! -e "$venv/done" ]; then
  rm -rf "$venv"
  mkdir -p "$cache"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" >&2
  touch "$venv/done"
fi
exec "$venv/bin/python" "$here/openai_client.py"
