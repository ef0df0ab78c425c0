"""The unmodified OpenAI client against Hermes: what an app that knows only OpenAI does. Exits non-zero on the first surprise."""

import os
import uuid

import openai

client = openai.OpenAI(base_url=os.environ["HERMES_URL"] + "/v1", api_key=os.environ["HERMES_API_KEY"], max_retries=0)


def check(condition, message):
    if not condition:
        raise SystemExit("openai client: " + message)


models = [model.id for model in client.models.list()]
check("demo" in models, f"models: {models}")
check(client.models.retrieve("demo").object == "model", "retrieve model")

answer = client.chat.completions.create(model="demo", messages=[{"role": "user", "content": "hello"}])
check("hello" in answer.choices[0].message.content, f"chat: {answer}")
check(answer.choices[0].finish_reason == "stop", f"finish_reason: {answer}")
check(answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens, f"usage: {answer.usage}")

text, usage, roles = "", None, 0
stream = client.chat.completions.create(
    model="demo",
    stream=True,
    stream_options={"include_usage": True},
    messages=[{"role": "user", "content": "```python\nprint(6 * 7)\n```"}],
    extra_headers={"X-Hermes-Session-Id": str(uuid.uuid4())},
)
for chunk in stream:
    if chunk.usage:
        check(chunk.choices == [], "usage comes alone")
        usage = chunk.usage
    for choice in chunk.choices:
        roles += choice.delta.role is not None
        text += choice.delta.content or ""
check("42" in text, f"stream: {text}")
check(roles == 1, f"role sent {roles} times")
check(usage is not None and usage.total_tokens > 0, "usage of the stream")

for expected, call in (
    (openai.NotFoundError, lambda: client.chat.completions.create(model="nope", messages=[{"role": "user", "content": "x"}])),
    (openai.BadRequestError, lambda: client.chat.completions.create(model="demo", messages=[])),
    (openai.AuthenticationError, lambda: client.with_options(api_key="hx_live_wrong").models.list()),
):
    try:
        call()
        check(False, f"expected {expected.__name__}")
    except expected as error:
        check(bool(error.message), "an error says something")
        check(error.request_id is not None, "an error has a request id")

print("openai client: ok")
