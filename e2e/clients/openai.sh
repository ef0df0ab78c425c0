#!/usr/bin/env bash
# Runs openai_client.py with the pinned OpenAI package.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/venv.sh"
made=$(venv openai-client "$(sha256sum "$here/requirements.txt")" -r "$here/requirements.txt")
exec "$made/bin/python" "$here/openai_client.py"
