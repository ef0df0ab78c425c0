"""The official MCP client for Python against /mcp."""

import asyncio
import os

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client


async def main():
    headers = {"Authorization": f"Bearer {os.environ['HERMES_API_KEY']}"}
    async with streamablehttp_client(f"{os.environ['HERMES_URL']}/mcp", headers=headers) as (read, write, _):
        async with ClientSession(read, write) as session:
            begun = await session.initialize()
            assert begun.serverInfo.name == "hermes", begun
            names = [tool.name for tool in (await session.list_tools()).tools]
            assert {"python", "bash"} <= set(names), names
            await session.call_tool("python", {"code": "x = 41"})
            kept = await session.call_tool("python", {"code": "import platform\nprint(platform.release())\nx + 1"})
            assert not kept.isError and kept.content[0].text.endswith("42"), kept
            failed = await session.call_tool("bash", {"command": "exit 3"})
            assert failed.isError, failed
            await session.send_ping()
    print("mcp client: ok")


asyncio.run(main())
