#!/usr/bin/env bash
# Runs mcp_client.py with the pinned MCP package.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/venv.sh"
made=$(venv mcp-client "$(sha256sum "$here/mcp-requirements.txt")" -r "$here/mcp-requirements.txt")
exec "$made/bin/python" "$here/mcp_client.py"
