import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSchemaFiles, schemaFolder, type AvroObject } from '@millrace/contracts';
import { kafkaIsHere, startTestRegistry, type TestRegistry } from '@millrace/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../run-cli.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-cli-schemas-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function run(line: string, environment: Readonly<Record<string, string>> = {}) {
  const written = { out: '', error: '' };
  const exitCode = await runCli({
    args: line.split(' '),
    environment: { INIT_CWD: folder, MILLRACE_SCHEMA_REGISTRY_TIMEOUT: '60s', ...environment },
    catalogue: [],
    writeOut: (text) => (written.out += text),
    writeError: (text) => (written.error += text),
    isTerminal: false,
  });
  return { exitCode, ...written };
}

/** The latest version of an event with other fields. */
function changed(name: string, change: (fields: AvroObject['fields'] & {}) => AvroObject['fields'] & {}) {
  const latest = readSchemaFiles().findLast((file) => file.name === name);
  const schema = latest?.schema as AvroObject;
  return JSON.stringify({ ...schema, fields: change(schema.fields ?? []) });
}

const currencyAsBytes = changed('billing.charged', (fields) =>
  fields.map((field) => (field.name === 'currency' ? { ...field, type: 'int' } : field)),
);

describe('schemas check', () => {
  it('finds the published schemas compatible, and says which exception stands', async () => {
    const { exitCode, out } = await run('schemas check');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^\d+ schemas, \d+ versions: \d+ pairs compared, forward and backward\.\n/u);
    expect(out).toContain('stands result.chunk kind: v3 cannot read what v4 writes (enum_symbol).');
    expect(JSON.parse((await run('schemas check --json')).out)).toMatchObject({ breaches: [], privacy: [] });
  });

  it('fails at a breaking change with the path and the rule, and at a field without a privacy class', async () => {
    await cp(schemaFolder, path.join(folder, 'changed'), { recursive: true });
    await writeFile(path.join(folder, 'changed', 'billing.charged.v9.avsc'), currencyAsBytes);
    const more = changed('key.revoked', (fields) => [...fields, { name: 'why', type: 'string' }]);
    await writeFile(path.join(folder, 'changed', 'key.revoked.v2.avsc'), more);
    const missing = await run('schemas check --folder nowhere');
    expect(missing.error).toContain(`--folder is ${path.join(folder, 'nowhere')}: it cannot be read.`);
    const { exitCode, out } = await run('schemas check --folder changed');
    expect(exitCode).toBe(1);
    expect(out).toContain(
      'BREAKS billing.charged currency: v1 cannot read what v9 writes (type). int is written, string read.\n',
    );
    expect(out).toContain('BREAKS billing.charged currency: v9 cannot read what v3 writes (type).');
    expect(out).toContain('BREAKS key.revoked why: v2 cannot read what v1 writes (missing_default).');
    expect(out).toContain('KeyRevoked.why has no privacy class: name one in schemas/privacy.json.');
  });
});

describe('schemas docs', () => {
  it('prints the data dictionary, or writes it', async () => {
    expect((await run('schemas docs')).out).toContain('| `usage.input_tokens` | int | tokens | none | v1 |');
    const { events } = JSON.parse((await run('schemas docs --json')).out) as { events: { name: string }[] };
    expect(events.map(({ name }) => name)).toContain('billing.charged');
    expect((await run('schemas docs --to events.md')).out).toMatch(/fields of \d+ events\.\n$/u);
    expect(await readFile(path.join(folder, 'events.md'), 'utf8')).toContain('# Events: the data dictionary');
  });
});

describe('the command line', () => {
  it.each([
    ['schemas', 2, 'schemas needs one of check, register, docs.'],
    ['schemas check now', 2, 'schemas takes no argument such as now.'],
    ['schemas register', 1, 'Name the registry: --registry http://host:8081'],
    ['schemas register --registry ftp://x', 1, '--registry is ftp://x: it must look like http://host:8081.'],
    ['schemas register --registry http://127.0.0.1:1', 1, 'The registry at http://127.0.0.1:1 does not answer.'],
    ['schemas register --registry http://x --schema nothing', 1, '--schema is nothing: it must be one of'],
    ['schemas register --registry http://x --topic t', 1, '--topic needs one --schema'],
  ])('%s ends with %i and says why', async (line, exitCode, message) => {
    const answer = await run(line);
    expect(answer).toMatchObject({ exitCode, out: '' });
    expect(answer.error).toContain(message);
  });
});

describe.skipIf(!kafkaIsHere)('with a registry', () => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await startTestRegistry();
  });
  afterAll(() => registry.stop());

  const versions = readSchemaFiles().length;

  it('registers every version once, however often it is run', async () => {
    const environment = { MILLRACE_SCHEMA_REGISTRY_URL: registry.url };
    const dry = await run('schemas register --dry-run', environment);
    expect(dry).toMatchObject({ exitCode: 0, error: '' });
    expect(dry.out).toMatch(/^millrace\.AccessBarred +v1 +missing\n/u);
    expect(dry.out).toContain(`${versions} missing.\n`);
    expect((await run('schemas register', environment)).out).toContain(`: ${versions} registered.\n`);
    expect((await run('schemas register', environment)).out).toContain(`: ${versions} present.\n`);
    const checked = await run(`schemas check --registry ${registry.url}`);
    expect(checked).toMatchObject({ exitCode: 0, error: '' });
    expect(checked.out).toContain(`: ${versions} versions of`);
  });

  it('registers one event for a topic, and tells what somebody else has registered there that breaks it', async () => {
    const topic = `--registry ${registry.url} --schema billing.charged --topic charges`;
    expect((await run(`schemas register ${topic}`)).out).toMatch(/charges-value +v3 +registered/u);
    await put('/config/charges-value', { compatibility: 'FULL' });
    await post('/subjects/other-value/versions', { schema: currencyAsBytes });
    const { exitCode, out } = await run(`schemas check --registry ${registry.url}`);
    expect(exitCode).toBe(1);
    expect(out).toContain('foreign other-value version 1: it is in no file.');
    expect(out).toContain(
      'BREAKS billing.charged currency: v3 cannot read what version 1 of other-value writes (type). int is written, string read.',
    );
  });

  it('registers what the mirrors write, under the subjects that they write it by', async () => {
    const { out } = await run(`schemas register --registry ${registry.url} --mirrors`);
    expect(out).toMatch(/millrace\.requests\.v1-value +v4 +registered/u);
    expect(out).toMatch(/millrace\.billing\.v1-millrace\.BillingCharged +v3 +registered/u);
  });

  it('says what the registry would refuse', async () => {
    await post('/subjects/refusing-value/versions', { schema: currencyAsBytes });
    await put('/config/refusing-value', { compatibility: 'FULL_TRANSITIVE' });
    const topic = `--registry ${registry.url} --schema billing.charged --topic refusing`;
    const dry = await run(`schemas register ${topic} --dry-run`);
    expect(dry.exitCode).toBe(1);
    expect(dry.out).toMatch(/refusing-value +v1 +refused/u);
    const wet = await run(`schemas register ${topic}`);
    expect(wet.exitCode).toBe(1);
    expect(wet.error).toContain('refuses POST /subjects/refusing-value/versions (409)');
  });

  const post = (where: string, body: object) => send('POST', where, body);
  const put = (where: string, body: object) => send('PUT', where, body);
  async function send(method: string, where: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${registry.url}${where}`, { method, headers, body: JSON.stringify(body) });
    expect(await response.json()).toBeTypeOf('object');
    expect(response.status).toBe(200);
  }
});
