import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { runCli } from '../run-cli.ts';

interface Asked {
  readonly authorization: string | undefined;
  readonly key: string | undefined;
  readonly body: { readonly model: string; readonly messages: readonly { readonly content: string }[] };
}

let server: Server;
let url: string;
let folder: string;
let file: string;
let asked: Asked[];
/** What clients have consented to: question to the answer of then. */
let examples: Map<string, readonly [question: string, answer: string]>;
/** What models answer; a status is a refusal, undefined an answer that breaks off. */
let answers: (model: string, question: string) => string | number | undefined;

const page = (ids: readonly string[]) => ({
  data: ids.map((request_id) => ({ request_id, model: 'old' })),
  has_more: false,
  next_cursor: null,
});

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const reply = (status: number, value: object, headers = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(value));
  };
  const { pathname } = new URL(request.url ?? '', 'http://host');
  const base = '/admin/v1/tenants/acme-web/consented-requests';
  if (pathname === base) return reply(200, page([...examples.keys()]));
  if (pathname.startsWith(base)) {
    const found = examples.get(pathname.slice(base.length + 1));
    if (found === undefined) return reply(404, { error: { message: 'gone', code: 'resource_not_found' } });
    const [question, answer] = found;
    const messages = [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ];
    return reply(200, { messages });
  }
  const question = JSON.parse(body) as Asked['body'];
  const { authorization, 'idempotency-key': key } = request.headers;
  asked.push({ authorization, key: String(key), body: question });
  const answer = answers(question.model, question.messages[0]?.content ?? '');
  if (answer === undefined) {
    response.writeHead(200, { 'content-type': 'application/json', 'retry-after-ms': '1' });
    response.write('{"choices": [', () => response.destroy());
    return undefined;
  }
  if (typeof answer === 'number')
    return reply(answer, { error: { message: 'no', code: 'some_code' } }, { 'retry-after-ms': '1' });
  return reply(
    200,
    {
      choices: [{ message: { content: answer }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 7, completion_tokens: answer.length },
    },
    { 'x-millrace-cost': '0.0000010000 EUR' },
  );
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-cli-rerun-'));
  server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});
let files = 0;
beforeEach(() => {
  files += 1;
  file = path.join(folder, `rerun-${files}.jsonl`);
  asked = [];
  examples = new Map([
    ['r1', ['one?', 'The first.']],
    ['r2', ['two?', 'The second.']],
    ['r3', ['three?', 'The third.']],
    ['r4', ['four?', 'The fourth.']],
  ]);
  answers = (_model, question) =>
    [...examples.values()].find(([known]) => known === question)?.[1] ?? 'nothing';
});

async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const written = { out: '', error: '' };
  const exitCode = await runCli({
    args: ['rerun', ...args],
    environment: {
      MILLRACE_ADMIN_URL: url,
      MILLRACE_API_KEY: 'mr_admin',
      MILLRACE_API_URL: url,
      MILLRACE_RERUN_API_KEY: 'mr_payer',
      ...environment,
    },
    catalogue: [],
    writeOut: (piece) => (written.out += piece),
    writeError: (piece) => (written.error += piece),
    isTerminal: false,
  });
  return { exitCode, ...written };
}

const examplesOf = (...more: readonly string[]) =>
  run(['examples', 'acme-web', '--model', 'new', '--out', file, ...more]);
const reportOf = async (...more: readonly string[]) => {
  const { exitCode, out } = await examplesOf(...more, '--json');
  return { exitCode, report: JSON.parse(out) as Readonly<Record<string, unknown>> };
};

it('compares with what was answered then, at low priority and past the cache, and keeps no text', async () => {
  const before = answers;
  answers = (model, question) => (question === 'two?' ? 'The record.' : before(model, question));
  const { exitCode, report } = await reportOf();
  expect(exitCode).toBe(0);
  expect(report).toMatchObject({
    examples: 4,
    equal: 3,
    changed: 1,
    changed_share: 0.25,
    baseline: { model: 'recorded', failed: 0, latency_p50_ms: null, amount: null },
    candidate: { model: 'new', input_tokens: 28, amount: '0.0000040000', currency: 'EUR' },
    most_changed: [{ request_id: 'r2', error: null }],
    breaches: [],
  });
  expect(asked[0]).toMatchObject({
    authorization: 'Bearer mr_payer',
    body: { model: 'new', temperature: 0, priority: 'low', cache: 'never', messages: [{ role: 'user' }] },
  });
  const kept = await readFile(file, 'utf8');
  expect(kept).not.toContain('The ');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it('compares two models, and ends with 1 beyond a threshold', async () => {
  const before = answers;
  answers = (model, question) =>
    model === 'old' ? before(model, question) : `${before(model, question)} And more.`;
  const out = path.join(folder, 'report.json');
  const { exitCode, report } = await reportOf('--against', 'old', '--max-changed', '5%', '--report', out);
  expect(exitCode).toBe(1);
  expect(report['breaches']).toEqual(['100 % of the answers are changed: more than 5 %']);
  expect(JSON.parse(await readFile(out, 'utf8'))).toEqual(report);
  const sides = Map.groupBy(asked, ({ key }) => key?.split(':').at(-1));
  expect([...sides].map(([side, all]) => `${side} ${all.length}`)).toEqual(['baseline 4', 'candidate 4']);
  const shown = await run(['report', file, '--min-similarity', '0.99']);
  expect(shown.exitCode).toBe(1);
  expect(shown.out).toContain('changed answers   4 (100 %)');
  expect(shown.out).toContain('BEYOND A THRESHOLD: the answers are');
});

it('goes on where it was cut off, and asks nothing twice', async () => {
  answers = (_model, question) => (question === 'three?' ? 403 : 'The answer.');
  expect(await examplesOf('--concurrency', '1')).toMatchObject({
    exitCode: 1,
    error: expect.stringContaining('new cannot be asked: no') as string,
  });
  const whole = await readFile(file, 'utf8');
  // The last line was cut off as the process died.
  await writeFile(file, whole.slice(0, -20));
  asked = [];
  answers = () => 'The answer.';
  const { report } = await reportOf();
  expect(report).toMatchObject({ examples: 4 });
  expect(new Set(asked.map(({ body }) => body.messages[0]?.content))).toEqual(
    new Set(['four?', 'three?', 'two?']),
  );
  expect(asked).toHaveLength(3);
  expect(new Set(asked.map(({ key }) => key?.split(':')[1]))).toEqual(new Set([report['id']]));

  const other = await run(['examples', 'acme-web', '--model', 'newer', '--out', file]);
  expect(other).toMatchObject({
    exitCode: 1,
    error: expect.stringContaining('rerun with model new') as string,
  });
});

it('leaves out whose consent was taken back, before it is run and behind', async () => {
  const before = answers;
  answers = (model, question) => {
    examples.delete('r4');
    if (question === 'three?') examples.delete('r1');
    return before(model, question);
  };
  const { report } = await reportOf('--concurrency', '1');
  expect(report).toMatchObject({ examples: 2, withdrawn: 1 });
  expect(asked.map(({ body }) => body.messages[0]?.content)).not.toContain('four?');
});

it('asks again what is refused for now, and counts what fails', async () => {
  let refusals = 0;
  const before = answers;
  answers = (model, question) => {
    if (question === 'one?') return 500;
    if (question === 'two?' && refusals++ < 2) return 429;
    return before(model, question);
  };
  const { exitCode, report } = await reportOf('--max-failed', '0');
  expect(exitCode).toBe(1);
  expect(report).toMatchObject({
    equal: 3,
    candidate: { failed: 1 },
    most_changed: [{ request_id: 'r1', error: 'some_code', similarity: 0 }],
    breaches: ['25 % of the examples failed: more than 0 %'],
  });
});

it('is not good where there is nothing to compare', async () => {
  examples = new Map();
  expect(await examplesOf()).toMatchObject({
    exitCode: 1,
    out: 'There are no consented requests of acme-web.\n',
  });
});

it.each([
  ['', 'rerun needs one of examples, report. See --help.'],
  ['examples', 'rerun examples takes TENANT. See --help.'],
  ['examples t --out f', 'rerun examples needs --model MODEL. See --help.'],
  ['examples t --model m', 'rerun examples needs --out FILE. See --help.'],
  [
    'examples t --model m --out f --max-changed few',
    '--max-changed is "few": it must be a share, such as 5% or 0.05. See --help.',
  ],
  [
    'examples t --model m --out f --concurrency 0',
    '--concurrency is "0": it must be a whole number from 1 to 256. See --help.',
  ],
])('refuses %j and says what would be right', async (line, message) => {
  expect(await run(line.split(' ').filter((word) => word !== ''))).toEqual({
    exitCode: 2,
    out: '',
    error: `${message}\n`,
  });
});

it('says whose key is missing', async () => {
  const { error } = await run(['examples', 't', '--model', 'm', '--out', file], {
    MILLRACE_RERUN_API_KEY: '',
  });
  expect(error).toContain('MILLRACE_RERUN_API_KEY is not set');
});

it('asks again, under the same key, where an answer breaks off: half an answer is none', async () => {
  const before = answers;
  let breaks = 2;
  answers = (model, question) => {
    if (question !== 'two?' || breaks === 0) return before(model, question);
    breaks -= 1;
    return undefined;
  };
  const { report } = await reportOf();
  expect(report).toMatchObject({ examples: 4, equal: 4, candidate: { failed: 0 } });
  const keys = asked.flatMap(({ key, body }) => (body.messages[0]?.content === 'two?' ? [key] : []));
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
});
