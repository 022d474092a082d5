import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../run-cli.ts';

interface SeenRequest {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly ifMatch: string | undefined;
  readonly body: unknown;
}

let server: Server;
let url: string;
let folder: string;
let seen: SeenRequest[];
/** What the administration answers, by request line; what has no answer is not there. */
let answers: Readonly<Record<string, object>>;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const line = `${request.method} ${request.url}`;
  const { authorization, 'if-match': ifMatch } = request.headers;
  seen.push({ line, authorization, ifMatch, body: body === '' ? undefined : JSON.parse(body) });
  const known = answers[line];
  const missing = { error: { message: 'There is no such key.', code: 'resource_not_found', param: 'key' } };
  response.writeHead(known === undefined ? 404 : 200, { 'content-type': 'application/json', etag: '"7"' });
  response.end(JSON.stringify(known ?? missing));
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-cli-admin-'));
  server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
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
beforeEach(() => {
  seen = [];
  answers = {};
});

async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const written = { out: '', error: '' };
  const exitCode = await runCli({
    args,
    environment: {
      MILLRACE_DATA_DIR: folder,
      MILLRACE_ADMIN_URL: url,
      MILLRACE_API_KEY: 'mr_key',
      ...environment,
    },
    catalogue: [],
    writeOut: (piece) => (written.out += piece),
    writeError: (piece) => (written.error += piece),
    isTerminal: false,
  });
  return { exitCode, ...written };
}

const tenant = (id: string) => ({
  id,
  organisation: 'acme',
  name: id,
  created_at: '2026-01-01T00:00:00.000Z',
  suspended_at: null,
  version: 1,
});

describe('a command of the administration', () => {
  it('shows a list as a table, over all of its pages', async () => {
    answers = {
      'GET /admin/v1/tenants?organisation=acme&limit=100': {
        data: [tenant('a')],
        has_more: true,
        next_cursor: 'x',
      },
      'GET /admin/v1/tenants?organisation=acme&limit=99&cursor=x': {
        data: [tenant('b')],
        has_more: false,
        next_cursor: null,
      },
    };
    const { exitCode, out } = await run(['tenants', 'list', '--organisation', 'acme']);
    expect({ exitCode, out }).toEqual({
      exitCode: 0,
      out: [
        'id  organisation  name  created_at                suspended_at',
        'a   acme          a     2026-01-01T00:00:00.000Z  -',
        'b   acme          b     2026-01-01T00:00:00.000Z  -',
        '',
      ].join('\n'),
    });
    expect(seen[0]?.authorization).toBe('Bearer mr_key');
  });

  it('writes one JSON object for programs', async () => {
    answers = { 'GET /admin/v1/tenants?limit=1': { data: [tenant('a')], has_more: true, next_cursor: 'x' } };
    const { out } = await run(['tenants', 'list', '--limit', '1', '--json']);
    expect(JSON.parse(out)).toEqual({ data: [tenant('a')] });
  });

  it('changes the version that it has read', async () => {
    const line = '/admin/v1/quotas/tenants/acme-web';
    answers = { [`GET ${line}`]: {}, [`PATCH ${line}`]: { limits: { max_in_flight: null } } };
    const limits = '--tokens-per-day 1000 --max-in-flight none --budget-per-month 2.50';
    const { out } = await run(`quota set-tenant acme-web ${limits}`.split(' '));
    expect(seen[1]).toMatchObject({
      line: `PATCH ${line}`,
      ifMatch: '"7"',
      body: { tokens_per_day: 1_000, max_in_flight: null, budget_per_month: '2.50' },
    });
    expect(out).toBe('limits.max_in_flight  -\n');
  });

  it('creates what its arguments and options say', async () => {
    answers = { 'POST /admin/v1/keys': { id: '4fT0bQ9xZ1a', secret: 'mr_secret' } };
    const { out } = await run(['keys', 'create', '--tenant', 'acme-web', '--roles', 'developer, analyst']);
    expect(seen[0]?.body).toEqual({ tenant: 'acme-web', roles: ['developer', 'analyst'] });
    expect(out).toMatch(/^secret +mr_secret$/m);
  });

  it('asks what prices of a file would change, and shows it as tables', async () => {
    const sum = { currency: 'EUR', charges: 3, changed: 2, before: '4', after: '6', difference: '2' };
    const rows = [{ tenant: 'a', model: 'm', ...sum }];
    const preview = { fingerprint: 'f', sums: [sum], rows, unpriced: 0, other_currency: 0 };
    answers = { 'POST /admin/v1/ledger/reratings/preview': preview };
    const file = path.join(folder, 'prices.json');
    await writeFile(file, '[{"model":"m"}]');
    const { out } = await run(['ledger', 'preview-rerate', 'x', 'y', '--prices', file]);
    expect(seen[0]?.body).toEqual({ from: 'x', to: 'y', prices: [{ model: 'm' }] });
    expect(out).toBe(
      [
        'fingerprint     f',
        'unpriced        0',
        'other_currency  0',
        '',
        'sums:',
        'currency  charges  changed  before  after  difference',
        'EUR       3        2        4       6      2',
        '',
        'rows:',
        'tenant  model  currency  charges  changed  before  after  difference',
        'a       m      EUR       3        2        4       6      2',
        '',
      ].join('\n'),
    );
    await writeFile(file, '[');
    const { exitCode, error } = await run(['ledger', 'preview-rerate', 'x', 'y', '--prices', file]);
    expect([exitCode, error.includes('is no JSON')]).toEqual([1, true]);
  });

  it("shows a tenant's patterns of personal data, and what is done with each type", async () => {
    const patterns = [{ type: 'EMPLOYEE_ID', pattern: String.raw`E-\d{6}` }];
    const policy = { actions: { EMPLOYEE_ID: 'mask' }, patterns, allow: ['a', 'b'], restore: true };
    answers = {
      'GET /admin/v1/tenants/acme/pii-policy': policy,
      'PATCH /admin/v1/tenants/acme/pii-policy': policy,
    };
    const shown = [
      'actions.EMPLOYEE_ID  mask',
      'allow                a,b',
      'restore              true',
      '',
      'patterns:',
      'type         pattern',
      String.raw`EMPLOYEE_ID  E-\d{6}`,
      '',
    ].join('\n');
    expect((await run(['pii', 'policy', 'acme'])).out).toBe(shown);
    const set = ['pii', 'set-policy', 'acme', '--patterns', JSON.stringify(patterns)];
    expect((await run(set)).out).toBe(shown);
  });

  it('orders the replay of a dead letter under a key, and discards with a reason', async () => {
    const letter = { id: '17', status: 'replaying', stage: 'pii', replay: 'request', replays: 1 };
    answers = {
      'POST /admin/v1/dead-letters/17/replay': letter,
      'POST /admin/v1/dead-letters/17/discard': { ...letter, status: 'discarded' },
    };
    expect((await run(['dead-letters', 'replay', '17', '--again'])).out).toMatch(/^status +replaying$/m);
    expect(seen[0]?.body).toEqual({ again: true });
    expect((await run(['dead-letters', 'discard', '17', '--reason', 'sent twice'])).exitCode).toBe(0);
    expect(seen[1]?.body).toEqual({ reason: 'sent twice' });
  });

  it('turns on and off', async () => {
    const line = '/admin/v1/tenants/acme-web/data-policy';
    answers = { [`GET ${line}`]: {}, [`PATCH ${line}`]: {} };
    const policy = '--zero-retention off --training-allowed on --jobs-seconds none';
    expect((await run(`personal-data set-policy acme-web ${policy}`.split(' '))).exitCode).toBe(0);
    expect(seen[1]?.body).toEqual({ zero_retention: false, training_allowed: true, jobs_seconds: null });
  });

  it('writes an export into a file of its own, and says so where it is not whole', async () => {
    const line = 'GET /admin/v1/tenants/acme-web/export?user=u';
    const file = path.join(folder, 'export.jsonl');
    answers = { [line]: { type: 'index', lines: 1 } };
    const command = ['personal-data', 'export', 'acme-web', '--user', 'u', '--out'];
    expect((await run([...command, file])).out).toBe(`1 lines are in ${file}\n`);
    expect(await readFile(file, 'utf8')).toBe('{"type":"index","lines":1}\n');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await run([...command, file])).error).toContain('cannot be made');
    answers = { [line]: { type: 'export' } };
    expect((await run([...command, path.join(folder, 'half.jsonl')])).error).toContain('cut off');
  });

  it('names what it takes away in the query', async () => {
    answers = { 'DELETE /admin/v1/roles?user=u&role=analyst&tenant=t': { user: 'u' } };
    expect((await run(['roles', 'withdraw', 'u', 'analyst', '--tenant', 't'])).exitCode).toBe(0);
  });

  it('says what the administration refuses, with exit code 1', async () => {
    const refusal = { code: 'resource_not_found', message: 'There is no such key.', param: 'key' };
    expect(await run(['keys', 'show', 'a/b'])).toEqual({
      exitCode: 1,
      out: '',
      error: 'There is no such key.\n',
    });
    expect(seen[0]?.line).toBe('GET /admin/v1/keys/a%2Fb');
    const { error } = await run(['keys', 'show', 'none', '--json']);
    expect(JSON.parse(error)).toEqual({ error: refusal });
  });

  it('finds address and key of npm start', async () => {
    await writeFile(path.join(folder, 'credentials.json'), JSON.stringify({ url, api_key: 'mr_first' }));
    answers = { 'GET /admin/v1/organisations?limit=100': { data: [], has_more: false, next_cursor: null } };
    const { out } = await run(['organisations', 'list'], { MILLRACE_ADMIN_URL: '', MILLRACE_API_KEY: '' });
    expect(out).toBe('There are none.\n');
    expect(seen[0]?.authorization).toBe('Bearer mr_first');
  });

  it.each([
    ['keys', 'keys needs one of list, show, create, update, rotate, revoke. See --help.'],
    ['keys show', 'keys show takes KEY. See --help.'],
    ['tenants list x', 'tenants list takes no argument. See --help.'],
    ['keys list --colour', "Unknown option '--colour'. See --help."],
    [
      'keys rotate x --overlap-seconds soon',
      '--overlap-seconds is "soon": it must be a whole number. See --help.',
    ],
  ])('refuses %j and says what would be right, with exit code 2', async (line, message) => {
    expect(await run(line.split(' '))).toEqual({ exitCode: 2, out: '', error: `${message}\n` });
  });

  it('has help with examples', async () => {
    const { out } = await run(['keys', '--help']);
    expect(out).toContain('keys rotate KEY');
    expect(out).toContain('npm run millrace -- keys create --tenant acme-web');
  });
});

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish'])('knows the commands and their options in %s', async (shell) => {
    const { exitCode, out } = await run(['completion', shell]);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/rotate/);
    expect(out).toMatch(/overlap-seconds/);
  });
});
