// OpenAI's JavaScript client against the API and a strict upstream. Exits with what it did not expect.
// What its requests looked like to the upstream, and that it heard of a cancelled stream, is looked at from outside.
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: `${process.env.HERMES_URL}/v1`, apiKey: process.env.HERMES_API_KEY });
const once = client.withOptions({ maxRetries: 0 });

function check(condition, what) {
  if (!condition) {
    console.error('openai javascript:', JSON.stringify(what));
    process.exit(1);
  }
}

const say = (name) => console.log('ok', name);
const user = (content) => [{ role: 'user', content }];
const weather = {
  type: 'function',
  function: {
    name: 'weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

// the upstream fails once, by arrangement: the client comes back by itself
const answer = await client.chat.completions.create({ model: 'fake-echo', messages: user('hello') });
check(answer.choices[0].message.content === 'echo: hello', answer);
check(answer.usage.total_tokens === 18 && answer.choices[0].finish_reason === 'stop', answer);
say('retried');

const ids = [];
for await (const model of client.models.list()) ids.push(model.id);
check(ids.includes('vendor/fake:1'), ids);
check((await client.models.retrieve('vendor/fake:1')).id === 'vendor/fake:1', 'retrieve');
say('models');

const { response, request_id } = await client.chat.completions
  .create({ model: 'fake-echo', messages: user('x') })
  .withResponse();
check(request_id && request_id === response.headers.get('x-request-id'), request_id);
say('request id');

const runner = client.chat.completions.stream({
  model: 'fake-echo',
  messages: user('one two three'),
  stream_options: { include_usage: true },
});
let text = '';
runner.on('content', (delta) => (text += delta));
const final = await runner.finalChatCompletion();
check(text === 'echo: one two three' && final.usage.total_tokens === 18, final);
say('stream');

const asked = user('weather?');
const called = await client.chat.completions
  .stream({ model: 'fake-client-tool', messages: asked, tools: [weather] })
  .finalChatCompletion();
const call = called.choices[0].message.tool_calls[0];
check(call.function.name === 'weather' && JSON.parse(call.function.arguments).city === 'Zürich', called);
const told = await client.chat.completions.create({
  model: 'fake-client-tool',
  messages: [...asked, called.choices[0].message, { role: 'tool', tool_call_id: call.id, content: 'sun' }],
  tools: [weather],
});
check(told.choices[0].message.content === 'client said: sun', told);
say('tools, streamed');

const ran = await client.chat.completions
  .runTools({
    model: 'fake-client-tool',
    messages: asked,
    tools: [
      {
        type: 'function',
        function: { ...weather.function, parse: JSON.parse, function: ({ city }) => `rain in ${city}` },
      },
    ],
  })
  .finalContent();
check(ran === 'client said: rain in Zürich', ran);
say('tools, run by the client');

const parsed = await client.chat.completions.parse({
  model: 'fake-say',
  messages: user('{"name":"Ann"}'),
  response_format: {
    type: 'json_schema',
    json_schema: {
      name: 'person',
      strict: true,
      schema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'], additionalProperties: false },
    },
  },
});
check(JSON.parse(parsed.choices[0].message.content).name === 'Ann', parsed);
say('structured output');

const image = await client.chat.completions.create({
  model: 'fake-echo',
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'what?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
      ],
    },
  ],
});
check(image.choices[0].finish_reason === 'stop', image);
say('image');

const vectors = await client.embeddings.create({ model: 'fake-embedding', input: ['one', 'three'] });
check(JSON.stringify(vectors.data.map((it) => it.embedding)) === '[[3,0],[5,1]]', vectors);
say('embeddings');

const made = await client.responses.create({ model: 'fake-echo', input: 'hello' });
check(made.output_text === 'echo: hello' && made.usage.total_tokens === 18, made);
const streamed = client.responses.stream({ model: 'fake-echo', input: user('one two') });
let delta = '';
streamed.on('response.output_text.delta', (event) => (delta += event.delta));
const ended = await streamed.finalResponse();
check(delta === 'echo: one two' && ended.output_text === delta && ended.status === 'completed', ended);
const flat = { type: 'function', strict: null, ...weather.function };
const wish = await client.responses
  .stream({ model: 'fake-client-tool', input: user('weather?'), tools: [flat] })
  .finalResponse();
check(wish.output[0].type === 'function_call' && JSON.parse(wish.output[0].arguments).city === 'Zürich', wish);
const given = await client.responses.create({
  model: 'fake-client-tool',
  tools: [flat],
  input: [...user('weather?'), wish.output[0], { type: 'function_call_output', call_id: wish.output[0].call_id, output: 'sun' }],
});
check(given.output_text === 'client said: sun', given);
const followed = await client.responses.create({
  model: 'fake-client-tool',
  tools: [flat],
  previous_response_id: wish.id,
  input: [{ type: 'function_call_output', call_id: wish.output[0].call_id, output: 'rain' }],
});
check(followed.output_text === 'client said: rain', followed);
check((await client.responses.retrieve(followed.id)).output_text === followed.output_text, followed);
const inputs = [];
for await (const item of client.responses.inputItems.list(followed.id)) inputs.push(item.type);
check(JSON.stringify(inputs) === '["function_call_output"]', inputs);
await client.responses.delete(followed.id);
say('responses');

const errors = [
  [OpenAI.BadRequestError, 400, 'messages', null, () => once.chat.completions.create({ model: 'fake-echo', messages: [] })],
  [
    OpenAI.BadRequestError,
    400,
    null,
    'context_length_exceeded',
    () => once.chat.completions.create({ model: 'fake-400', messages: user('x') }),
  ],
  [OpenAI.AuthenticationError, 401, null, 'invalid_api_key', () => once.withOptions({ apiKey: 'hx_live_wrong' }).models.list()],
  [
    OpenAI.NotFoundError,
    404,
    'model',
    'model_not_found',
    () => once.chat.completions.create({ model: 'nope', messages: user('x') }),
  ],
  [
    OpenAI.RateLimitError,
    429,
    null,
    'upstream_rate_limited',
    () => once.chat.completions.create({ model: 'fake-429', messages: user('x') }),
  ],
  [
    OpenAI.InternalServerError,
    502,
    null,
    'upstream_error',
    () => once.chat.completions.create({ model: 'fake-500', messages: user('x') }),
  ],
];
for (const [kind, status, param, code, act] of errors) {
  const error = await act().then(
    () => null,
    (e) => e,
  );
  check(error instanceof kind && error.status === status && error.requestID, { kind: kind.name, error: String(error) });
  check(param === null || error.param === param, { param: error.param });
  check(code === null || error.code === code, { code: error.code });
}
say('errors');

let raised = null;
try {
  const stream = await once.chat.completions.create({ model: 'fake-in-stream-error', messages: user('x'), stream: true });
  for await (const chunk of stream) check(chunk.choices, chunk);
} catch (e) {
  raised = e;
}
check(raised instanceof OpenAI.APIError && raised.message.includes('overloaded'), String(raised));
say('error in a stream');

// the client gives up after a second and comes back with the same header, until the one turn there is has ended
const slow = user('```python\nimport time, uuid\ntime.sleep(3)\nprint(uuid.uuid4())\n```');
const key = { headers: { 'Idempotency-Key': 'sdk-javascript' } };
const hasty = client.withOptions({ timeout: 1000, maxRetries: 10 });
const { data: late, response: came } = await hasty.chat.completions
  .create({ model: 'demo', messages: slow }, key)
  .withResponse();
check(came.headers.get('idempotent-replayed') === 'true', [...came.headers]);
const again = await client.chat.completions.create({ model: 'demo', messages: slow }, key);
check(again.id === late.id && JSON.stringify(again.choices) === JSON.stringify(late.choices), again);
const reused = await once.chat.completions.create({ model: 'demo', messages: user('x') }, key).catch((e) => e);
check(reused instanceof OpenAI.UnprocessableEntityError && reused.code === 'idempotency_key_reused', String(reused));
say('idempotency key');

const stream = await client.chat.completions.create({ model: 'fake-endless', messages: user('x'), stream: true });
let chunks = 0;
for await (const chunk of stream) {
  check(chunk.choices[0].delta, chunk);
  if (++chunks === 3) break;
}
say('cancelled');
