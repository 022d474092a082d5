import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createScratchFolder, type ScratchFolder } from '@millrace/embedded';
import { kafkaIsHere } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startKafkaServers, type KafkaServers } from '../support/kafka-servers.ts';
import { startMillrace, type Millrace } from '../support/millrace.ts';
import { examplePackages } from '../support/other-languages.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** What the test has done before: servers, clients of Python, topics. */
const isDoneBefore = /npm start|\.venv\b.*(?:venv|pip)|venv \.venv|kafka-topics\.sh/u;
const mark = '=== the next block';
const topics = ['support-requests', 'support-answers'];

let folder: ScratchFolder;
let servers: KafkaServers | undefined;
let millrace: Millrace;
let url: string;
let pythonPath: string;

/** The commands of a guide, block by block, as they are written but for where things are. */
async function blocksOf(guide: string): Promise<readonly string[]> {
  const text = await readFile(path.join(root, 'docs', 'guides', guide), 'utf8');
  const blocks = Array.from(text.matchAll(/```sh\n(.*?)```/gsu), ([, block]) => block ?? '');
  return blocks
    .filter((block) => !isDoneBefore.test(block.replaceAll(/^.*\.venv\/bin\/python .*$/gmu, '')))
    .map((block) =>
      block
        .replaceAll(/(?:\.\/)?\.millrace(?=\/)/gu, dataDirectory())
        .replaceAll('.venv/bin/python', 'python3')
        .replaceAll('http://127.0.0.1:8787', url)
        .replaceAll('http://localhost:8081', servers?.registry.url ?? '')
        .replaceAll('localhost:9092', servers?.broker.brokers ?? '')
        .replaceAll(/\b(?=topics\.json|statement\.html|requests\.svg)/gu, `${folder.path}/`),
    );
}

/** Runs blocks one after the other in one shell. @returns what each has printed */
async function run(blocks: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('bash', ['-euc', blocks.join(`\necho '${mark}'\n`)], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, MILLRACE_DATA_DIR: dataDirectory(), PYTHONPATH: pythonPath },
  });
  return stdout.split(`${mark}\n`);
}

const dataDirectory = (): string => path.join(folder.path, 'data');

beforeAll(async () => {
  folder = await createScratchFolder();
  pythonPath = await examplePackages();
  url = '';
  if (kafkaIsHere) {
    const entry = { pattern: 'none', tenant: 'default', queue: 'none' };
    servers = await startKafkaServers({
      entries: [entry],
      topics: Object.fromEntries(topics.map((topic) => [topic, 1])),
    });
    await run((await blocksOf('upstream.md')).filter((block) => block.includes('topics.json')));
  }
  millrace = startMillrace([], {
    ...servers?.env,
    ...(servers !== undefined && { MILLRACE_KAFKA_TOPICS: path.join(folder.path, 'topics.json') }),
    MILLRACE_DATA_DIR: dataDirectory(),
    MILLRACE_PORT: '0',
  });
  await millrace.said('Ctrl-C stops it.');
  const credentials = await readFile(path.join(dataDirectory(), 'credentials.json'), 'utf8');
  ({ url } = JSON.parse(credentials) as { readonly url: string });
});

afterAll(async () => {
  millrace?.kill('SIGTERM');
  await millrace?.ended;
  await servers?.stop();
  await folder.stop();
});

// Each command is a process, of which a machine that is busy starts few a minute.
describe('a newcomer who does what the guide says', { timeout: 600_000 }, () => {
  it('gets from nothing to a chart, a lake and a statement', async () => {
    const [asked = '', looked = '', queried = '', kept = '', stated = ''] = await run(
      await blocksOf('analysts.md'),
    );
    expect(asked.match(/"request_id"/gu)).toHaveLength(3);
    expect(looked.match(/COMPLETED .*smollm2|smollm2.* COMPLETED/gu)).toHaveLength(3);
    expect(looked.match(/ charge .* USD/gu)?.length).toBeGreaterThan(0);
    expect(queried).toMatch(/cost_by_tenant_model_day/u);
    expect(queried).toMatch(/\n\d{4}-\d{2}-\d{2} +0\.\d+ +█+/u);
    expect(await readFile(path.join(folder.path, 'requests.svg'), 'utf8')).toMatch(/^<svg /u);
    expect(kept).toMatch(/\nrequests +3 +\d+ +\d+\n/u);
    expect(kept).toMatch(/smollm2-135m-instruct +3 /u);
    expect(stated).toMatch(/\ntotal +0\.\d+ +USD/u);
    expect(await readFile(path.join(folder.path, 'statement.html'), 'utf8')).toMatch(/<html/u);
  });

  it('gets from nothing to an answered request of a queue, and is told of a mistake', async () => {
    const blocks = await blocksOf('upstream.md');
    const ofQueue = blocks.slice(
      0,
      blocks.findIndex((block) => block.includes('topics.json')),
    );
    const [id = '', answers = '', mistake = '', letters = ''] = await run(ofQueue);
    expect(answers).toContain(`"correlation_id": "${id.trim()}"`);
    expect(answers).toMatch(/"kind": "ANSWER".*The capital of France is Paris\./u);
    expect(mistake).toMatch(/"code": "invalid_value".*"param": "parameters\.max_tokens"/u);
    expect(mistake).toContain('parameters.max_tokens is 0: it must be a whole number from 1');
    expect(letters).toMatch(/ open +ingress +default +invalid_value /u);
  });

  it.skipIf(!kafkaIsHere)('gets to one of a topic of Kafka, and what it cost', async () => {
    const blocks = await blocksOf('upstream.md');
    const [out = ''] = await run(blocks.filter((block) => block.includes('kafka_ask.py')));
    const [id = '', answer = '', charge = ''] = out.trim().split('\n');
    expect(answer).toContain(`"correlation_id": "${id}"`);
    expect(answer).toMatch(/The capital of France is Paris\./u);
    expect(charge).toMatch(/"schema": "millrace\.BillingCharged"/u);
  });
});
