"""OpenAI's Python client against the API and a strict upstream. Exits with what it did not expect.

What its requests looked like to the upstream, and that it heard of a cancelled stream, is looked at from outside.
"""

import os
import sys

import openai
import pydantic

URL = os.environ["HERMES_URL"] + "/v1"
KEY = os.environ["HERMES_API_KEY"]
client = openai.OpenAI(base_url=URL, api_key=KEY)
once = client.with_options(max_retries=0)


def check(condition, message):
    if not condition:
        sys.exit("openai python: " + str(message))


def user(text):
    return [{"role": "user", "content": text}]


def say(name):
    print("ok", name)


WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}

# the upstream fails once, by arrangement: the client comes back by itself
answer = client.chat.completions.create(model="fake-echo", messages=user("hello"))
check(answer.choices[0].message.content == "echo: hello", answer)
check(answer.choices[0].finish_reason == "stop", answer)
check((answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (11, 7, 18), answer.usage)
check(answer.model == "fake-echo" and answer.object == "chat.completion" and answer.id, answer)
say("retried")

ids = [model.id for model in client.models.list()]
check("vendor/fake:1" in ids, ids)
check(client.models.retrieve("vendor/fake:1").id == "vendor/fake:1", "retrieve")
say("models")

raw = client.chat.completions.with_raw_response.create(model="fake-echo", messages=user("x"))
check(raw.headers.get("x-request-id"), raw.headers)
check(raw.parse()._request_id == raw.headers["x-request-id"], "request id")
say("request id")

every = client.chat.completions.create(
    model="fake-echo",
    messages=[{"role": "system", "content": "s"}, {"role": "developer", "content": "d"}] + user("all"),
    temperature=0.5,
    top_p=0.9,
    presence_penalty=0.1,
    frequency_penalty=0.1,
    max_completion_tokens=50,
    stop=["END"],
    seed=7,
    logit_bias={"5": 1},
    reasoning_effort="low",
    verbosity="low",
    parallel_tool_calls=True,
    user="somebody",
    metadata={"a": "b"},
    store=False,
    extra_body={"unknown_member": 1},
)
check(every.choices[0].message.content == "echo: all", every)
say("parameters")

text, usage, finish = "", None, None
with client.chat.completions.stream(
    model="fake-echo", messages=user("one two three"), stream_options={"include_usage": True}
) as stream:
    for event in stream:
        if event.type == "content.delta":
            text += event.delta
final = stream.get_final_completion()
check(text == final.choices[0].message.content == "echo: one two three", (text, final))
check(final.usage.total_tokens == 18, final.usage)
say("stream")

asked = user("weather?")
with client.chat.completions.stream(model="fake-client-tool", messages=asked, tools=[WEATHER]) as stream:
    stream.until_done()
message = stream.get_final_completion().choices[0].message
call = message.tool_calls[0]
check(call.function.name == "weather" and "Zürich" in call.function.arguments, message)
follow = asked + [
    message.model_dump(exclude_none=True),
    {"role": "tool", "tool_call_id": call.id, "content": "sun"},
]
told = client.chat.completions.create(model="fake-client-tool", messages=follow, tools=[WEATHER])
check(told.choices[0].message.content == "client said: sun", told)
say("tools, streamed")

whole = client.chat.completions.create(
    model="fake-client-tool", messages=asked, tools=[WEATHER], tool_choice={"type": "function", "function": {"name": "weather"}}
)
check(whole.choices[0].finish_reason == "tool_calls", whole)
check(whole.choices[0].message.content is None, whole)
say("tools, whole")


class Person(pydantic.BaseModel):
    name: str
    age: int


parsed = client.chat.completions.parse(model="fake-say", messages=user('{"name":"Ann","age":7}'), response_format=Person)
check(parsed.choices[0].message.parsed == Person(name="Ann", age=7), parsed)
say("structured output")

picture = "data:image/png;base64,iVBORw0KGgo="
image = client.chat.completions.create(
    model="fake-echo",
    messages=[
        {
            "role": "user",
            "content": [{"type": "text", "text": "what?"}, {"type": "image_url", "image_url": {"url": picture}}],
        }
    ],
)
check(image.choices[0].finish_reason == "stop", image)
say("image")

vectors = client.embeddings.create(model="fake-embedding", input=["one", "three"])
check([vector.embedding for vector in vectors.data] == [[3.0, 0.0], [5.0, 1.0]], vectors)
numbers = client.embeddings.create(model="fake-embedding", input="alone", encoding_format="float", dimensions=2)
check(numbers.data[0].embedding == [5.0, 0.0] and numbers.usage.total_tokens == 8, numbers)
say("embeddings")

answer = client.responses.create(model="fake-echo", input="hello", instructions="be short", metadata={"a": "b"})
check(answer.output_text == "echo: hello" and answer.status == "completed", answer)
check((answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.total_tokens) == (11, 7, 18), answer.usage)
check(answer.store is True and answer.metadata == {"a": "b"} and answer.instructions == "be short", answer)
say("response")

known = client.responses.retrieve(answer.id)
check(known == answer, known)
items = client.responses.input_items.list(answer.id)
check([item.content[0].text for item in items] == ["hello"], items)
after = client.responses.create(model="fake-echo", input="again", previous_response_id=answer.id)
check(after.previous_response_id == answer.id and after.output_text == "echo: again", after)
client.responses.delete(answer.id)
try:
    client.responses.retrieve(answer.id)
    check(False, "a deleted response was found")
except openai.NotFoundError:
    pass
say("response, kept")

kinds, text = [], ""
with client.responses.stream(model="fake-echo", input=user("one two")) as stream:
    for event in stream:
        kinds.append(event.type)
        if event.type == "response.output_text.delta":
            text += event.delta
final = stream.get_final_response()
check(text == final.output_text == "echo: one two", (text, final))
check(kinds[0] == "response.created" and kinds[-1] == "response.completed", kinds)
say("response, streamed")

flat = {"type": "function", **WEATHER["function"]}
first = client.responses.create(model="fake-client-tool", input=user("weather?"), tools=[flat])
call = first.output[0]
check(call.type == "function_call" and call.name == "weather" and "Zürich" in call.arguments, first)
second = client.responses.create(
    model="fake-client-tool",
    tools=[flat],
    input=user("weather?")
    + [call.model_dump(exclude_none=True), {"type": "function_call_output", "call_id": call.call_id, "output": "sun"}],
)
check(second.output_text == "client said: sun", second)
with client.responses.stream(model="fake-client-tool", input=user("weather?"), tools=[flat]) as stream:
    stream.until_done()
check(stream.get_final_response().output[0].arguments == call.arguments, "streamed call")
say("response, tools")

parsed = client.responses.parse(model="fake-say", input='{"name":"Ann","age":7}', text_format=Person)
check(parsed.output_parsed == Person(name="Ann", age=7), parsed)
say("response, structured output")

ERRORS = [
    (
        openai.BadRequestError,
        400,
        "previous_response_id",
        "previous_response_not_found",
        lambda: once.responses.create(model="fake-echo", input="x", previous_response_id="resp_1"),
    ),
    (openai.BadRequestError, 400, "input", None, lambda: once.responses.create(model="fake-echo", input=[])),
    (openai.BadRequestError, 400, "messages", None, lambda: once.chat.completions.create(model="fake-echo", messages=[])),
    (
        openai.BadRequestError,
        400,
        "n",
        "unsupported_parameter",
        lambda: once.chat.completions.create(model="fake-echo", messages=user("x"), n=2),
    ),
    (
        openai.BadRequestError,
        400,
        None,
        "context_length_exceeded",
        lambda: once.chat.completions.create(model="fake-400", messages=user("x")),
    ),
    (openai.AuthenticationError, 401, None, "invalid_api_key", lambda: once.with_options(api_key="hx_live_wrong").models.list()),
    (
        openai.NotFoundError,
        404,
        "model",
        "model_not_found",
        lambda: once.chat.completions.create(model="nope", messages=user("x")),
    ),
    (
        openai.RateLimitError,
        429,
        None,
        "upstream_rate_limited",
        lambda: once.chat.completions.create(model="fake-429", messages=user("x")),
    ),
    (
        openai.InternalServerError,
        502,
        None,
        "upstream_error",
        lambda: once.chat.completions.create(model="fake-500", messages=user("x")),
    ),
]
for kind, status, param, code, act in ERRORS:
    try:
        act()
    except kind as error:
        check(error.status_code == status and error.request_id and error.message, error)
        check(param is None or error.param == param, (error.param, error))
        check(code is None or error.code == code, (error.code, error))
    else:
        check(False, f"no {kind.__name__}")
say("errors")

try:
    for chunk in once.chat.completions.create(model="fake-in-stream-error", messages=user("x"), stream=True):
        pass
    check(False, "an error inside of a stream is raised")
except openai.APIError as error:
    check("overloaded" in error.message, error)
say("error in a stream")

failed = [event for event in once.responses.create(model="fake-in-stream-error", input="x", stream=True)][-1]
check(failed.type == "response.failed" and "overloaded" in failed.response.error.message, failed)
say("error in a response")

# the client gives up after a second and comes back with the same header, until the one turn there is has ended
slow = user("```python\nimport time, uuid\ntime.sleep(3)\nprint(uuid.uuid4())\n```")
key = {"Idempotency-Key": "sdk-python"}
hasty = client.with_options(timeout=1, max_retries=10)
raw = hasty.chat.completions.with_raw_response.create(model="demo", messages=slow, extra_headers=key)
check(raw.headers.get("idempotent-replayed") == "true", raw.headers)
again = client.chat.completions.create(model="demo", messages=slow, extra_headers=key)
check(again == raw.parse() and "printed" in again.choices[0].message.content, again)
other = client.chat.completions.create(model="demo", messages=slow)
check(other.choices[0].message.content != again.choices[0].message.content, "without the key it is another turn")
try:
    once.chat.completions.create(model="demo", messages=user("x"), extra_headers=key)
    check(False, "another request under the key is refused")
except openai.UnprocessableEntityError as error:
    check(error.code == "idempotency_key_reused" and error.param == "Idempotency-Key", error)
say("idempotency key")

key = {"Idempotency-Key": "sdk-python-stream"}
ids = set()
for _ in range(2):
    with client.chat.completions.stream(model="fake-echo", messages=user("one two"), extra_headers=key) as stream:
        final = stream.get_final_completion()
    check(final.choices[0].message.content == "echo: one two", final)
    ids.add(final.id)
    events = list(client.responses.create(model="fake-echo", input="one two", stream=True, extra_headers={"Idempotency-Key": "sdk-r"}))
    check(events[-1].type == "response.completed" and events[-1].response.output_text == "echo: one two", events[-1])
    ids.add(events[-1].response.id)
check(len(ids) == 2, ids)
say("idempotency key of a stream")

stream = client.chat.completions.create(model="fake-endless", messages=user("x"), stream=True)
for _, chunk in zip(range(3), stream):
    check(chunk.choices[0].delta is not None, chunk)
stream.close()
say("cancelled")
