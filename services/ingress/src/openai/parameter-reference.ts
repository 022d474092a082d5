import { type EndpointParameters, openAiParameters } from '@millrace/endpoints';

const head = `# The OpenAI API

Generated from the schemas that validate by \`services/ingress/src/generate-openai-reference.ts\`; do not edit.

Point any OpenAI client at \`http://HOST:PORT/v1\` with a key of Millrace. The tests run the unmodified \`openai\` packages of npm and PyPI, and \`ai\` with \`@ai-sdk/openai-compatible\`:
chat, completions, embeddings, models, files, batches and responses, whole, streamed and in the background; their helpers that parse and collect; the classes of errors; what they try again by themselves and what they leave; aborts, which stop the request; webhooks.

- \`GET /v1/models\` and \`GET /v1/models/{model}\` list and find the models, and routes, that the API key may ask for, by name, \`name:version\` or alias.
- Every parameter is honoured, has an effect that is named here, or is refused with 400 \`unsupported_value\` and its name in \`param\`. One that is unknown is refused too.
  A parameter that is \`null\` is not there.
- The events of a stream carry an \`id\`, as \`GET /v1/requests/{request}/stream\` takes it in \`Last-Event-ID\`. The request is what follows \`chatcmpl-\` in the id of the answer, and stands in \`x-request-id\`.
- A stream that breaks off ends with \`data: {"error": …}\` and without \`[DONE]\`; a \`finish_reason\` is never invented.
- A 429 \`rate_limit_exceeded\` has \`x-ratelimit-remaining-requests\` and \`x-ratelimit-reset-requests\`. No other answer has headers of this kind: limits are kept where requests are
  admitted, behind the gateway, and there are none of tokens.
- \`priority\`, \`timeout_ms\` and [\`cache\`](caches.md), \`top_k\`, \`min_p\` and \`repetition_penalty\` are Millrace's own: SDKs send them as \`extra_body\` (Python) or among the other fields.
- Without \`max_tokens\` a chat or response goes on until the model ends it, at most to the end of its context. A small model may take long to find its end: say how much you want.
- Of messages, \`name\` and \`refusal\` have no effect; parts other than text, such as images, are refused. \`strict\` of a function is always taken as true.
`;

/** `docs/reference/openai.md`. */
export function parameterReference(): string {
  return [head, ...openAiParameters.map(section)].join('\n');
}

function section({ path, taken, refused }: EndpointParameters): string {
  const rows = [
    ...Object.entries(taken).map(([name, { description }]) => [
      name,
      effectOf(description),
      description ?? '',
    ]),
    ...Object.entries(refused).map(([name, reason]) => [
      name,
      'refused',
      `${reason[0]?.toUpperCase()}${reason.slice(1)}.`,
    ]),
  ];
  const lines = rows.map(([name, effect, text]) => `| \`${name}\` | ${effect} | ${text} |`);
  return [`## \`POST ${path}\``, '', '| parameter | | |', '|---|---|---|', ...lines, ''].join('\n');
}

function effectOf(description = ''): string {
  return /no effect/iu.test(description) ? 'no effect' : 'honoured';
}
