import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { connectNats, type Bus } from '@millrace/bus';
import { bucketDefinitions, createCodec, streamDefinitions, subjects } from '@millrace/contracts';
import { createLogger, stopInReverse, type Stoppable } from '@millrace/runtime';
import { closingOf, publishClosing } from '@millrace/stage/testing';
import { ledger } from '@millrace/store';
import { startTestDatabase, startTestNats, type TestDatabase, type TestNats } from '@millrace/testkit';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../run-cli.ts';

const codec = createCodec();
const parts: Stoppable[] = [];
let nats: TestNats;
let postgres: TestDatabase;
let bus: Bus;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-cli-lake-'));
  parts.push({ stop: () => rm(folder, { recursive: true }) });
  nats = await startTestNats();
  parts.push(nats);
  postgres = await startTestDatabase();
  parts.push(postgres);
  bus = await connectNats({
    url: nats.url,
    name: 'test',
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
  parts.push(bus);
  await bus.provision(streamDefinitions(), bucketDefinitions);
  const at = Date.parse('2026-11-27T12:00:00Z');
  for (const [index, tenant] of ['acme', 'zeta'].entries()) {
    const closing = closingOf(tenant, { closed_at: at });
    await publishClosing(bus, codec, closing);
    await postgres.database.insert(ledger).values({
      entryId: closing.request_id,
      entryNumber: index + 1,
      requestId: closing.request_id,
      tenant,
      model: 'model',
      outcome: 'completed',
      inputTokens: 3,
      cachedInputTokens: 0,
      outputTokens: 4,
      amount: `${index + 1}.5`,
      currency: 'EUR',
      closedAt: new Date(at),
      chargedAt: new Date(at),
    });
  }
});
afterAll(() => stopInReverse(parts));

async function run(...args: readonly string[]) {
  const written = { out: '', error: '' };
  const exitCode = await runCli({
    args,
    environment: {
      INIT_CWD: folder,
      MILLRACE_DATA_DIR: folder,
      NATS_URL: nats.url,
      DATABASE_URL: postgres.url,
    },
    catalogue: [],
    writeOut: (text) => (written.out += text),
    writeError: (text) => (written.error += text),
    isTerminal: false,
  });
  return { exitCode, ...written };
}

describe('export', () => {
  it('adds what is new to the lake, and says how far it is', async () => {
    const first = await run('export', '--to', 'lake');
    expect(first).toMatchObject({ exitCode: 0 });
    expect(first.out).toBe(
      [
        path.join(folder, 'lake'),
        'table     new rows  files  through message',
        'requests  2         1      2',
        'billing   0         0      0',
        'audit     0         0      0',
        '',
      ].join('\n'),
    );
    const again = await run('export', 'requests', '--json');
    expect(JSON.parse(again.out)).toMatchObject({
      folder: path.join(folder, 'lake'),
      format: 'parquet',
      tables: [{ dataset: 'requests', rows: 0, bookmark: 2, gap: null }],
    });
  });

  it('ends with 1 and the numbers of messages that it left out', async () => {
    await bus.publish({ subject: subjects.charged('acme'), payload: Buffer.from('no Avro') });
    expect(await run('export', 'billing', '--to', 'left-out', '--skip-unreadable')).toMatchObject({
      exitCode: 1,
      out: expect.stringContaining('LEFT OUT: messages 1 of billing cannot be decoded.') as string,
    });
  });
});

describe('query', () => {
  it('shows a table, CSV and JSON', async () => {
    const sql = 'select tenant, amount, kind from billing order by tenant';
    expect(await run('query', sql, '--live')).toEqual({
      exitCode: 0,
      error: '',
      out: [
        'tenant        amount  kind',
        '──────  ────────────  ──────',
        'acme    1.5000000000  charge',
        'zeta    2.5000000000  charge',
        '',
      ].join('\n'),
    });
    expect((await run('query', sql, '--live', '--limit', '1')).out).toContain(
      '… and 1 more: --limit 2 shows all',
    );
    expect((await run('query', `select 'a"b' as "x,y", null as z`, '--csv')).out).toBe('"x,y",z\n"a""b",\n');
    expect(JSON.parse((await run('query', sql, '--live', '--tenant', 'zeta', '--json')).out)).toEqual({
      columns: [
        { name: 'tenant', type: 'VARCHAR', isNumber: false },
        { name: 'amount', type: 'DECIMAL(20,10)', isNumber: true },
        { name: 'kind', type: 'VARCHAR', isNumber: false },
      ],
      rows: [['zeta', '2.5000000000', 'charge']],
    });
  });

  it('draws charts on the terminal and as SVG', async () => {
    const answer = await run(
      'query',
      'cost_by_tenant_model_day',
      '--live',
      '--chart',
      'bar',
      '--svg',
      'cost.svg',
      '--series',
      'tenant',
    );
    expect(answer).toMatchObject({ exitCode: 0, error: '' });
    expect(answer.out).toMatch(/cost by tenant model day\namount\n2026-11-27 {2}acme {2}1\.5 {2}█+/u);
    expect(await readFile(path.join(folder, 'cost.svg'), 'utf8')).toContain('<svg ');
  });

  it('saves queries and asks them by their names', async () => {
    const saved = await run('query', 'select count(*) as requests from requests', '--save', 'how-many');
    expect(saved).toMatchObject({ exitCode: 0, out: `${path.join(folder, 'queries', 'how-many.sql')}\n` });
    expect((await run('query', 'how-many')).out).toBe('requests\n────────\n       2\n');
    expect(await run('query', 'select 1', '--save', 'how-many')).toMatchObject({
      exitCode: 1,
      error: expect.stringContaining('is there already') as string,
    });
    const listed = await run('query', '--list');
    expect(listed.out).toContain('cost_by_tenant_model_day\n    What was charged');
    expect(listed.out).toContain('how-many\n    select count(*) as requests from requests\n');
    expect(await run('query', 'how-few')).toMatchObject({
      exitCode: 1,
      error: expect.stringContaining(
        'There is no query how-few: it must be one of how-many, budget_burn_down',
      ) as string,
    });
  });
});

describe('statement', () => {
  it('says what a tenant owes, and writes it as HTML', async () => {
    const answer = await run('statement', '--tenant', 'acme', '--month', '2026-11', '--html', 'acme.html');
    expect(answer).toMatchObject({ exitCode: 0, error: '' });
    expect(answer.out).toContain('acme, 2026-11: as the ledger through entry 1\n');
    expect(answer.out).toMatch(/total +1\.50 +EUR\n/u);
    expect(await readFile(path.join(folder, 'acme.html'), 'utf8')).toContain('<dd>1.50 EUR</dd>');
  });
});

it.each([
  [['export', 'answers'], 'There is no table answers: it must be one of requests, billing, audit, all.'],
  [['export', '--format', 'xlsx'], '--format is xlsx: it must be one of parquet, avro, csv, jsonl.'],
  [['export', '--partition', 'hour'], '--partition is hour: it must be day.'],
  [['export', '--rows-per-file', '0'], '--rows-per-file is 0: it must be a whole number from 1 to 10000000.'],
  [['query'], 'query takes one query, in quotes, or the name of one.'],
  [['query', 'select', '1'], 'query takes one query, in quotes'],
  [['query', 'select 1', '--chart', 'pie'], '--chart is pie: it must be one of bar, line.'],
  [['query', 'select 1', '--save', 'a b'], '--save is a b'],
  [['query', 'select 1', '--limit', 'all'], '--limit is all: it must be a whole number from 1 on.'],
  [['statement', '--month', '2026-11'], 'statement needs --tenant.'],
  [['statement', '--tenant', 'acme', '--month', 'May'], '--month is May: it must be one such as 2026-11.'],
])('%j is a wrong command line', async (args, message) => {
  const answer = await run(...args);
  expect(answer).toMatchObject({ exitCode: 2, out: '' });
  expect(answer.error).toContain(message);
});

it('query says where it looked for a lake', async () => {
  expect(await run('query', 'select 1', '--lake', 'nowhere')).toMatchObject({
    exitCode: 1,
    error: expect.stringContaining(
      `There is no Parquet of a lake in ${path.join(folder, 'nowhere')}`,
    ) as string,
  });
});
