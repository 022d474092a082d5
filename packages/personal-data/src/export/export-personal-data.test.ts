import { afterAll, beforeAll, expect, it } from 'vitest';
import { subjects } from '@millrace/contracts';
import { openResultLog, resultRecord, sealContent } from '@millrace/stage';
import { closingOf } from '@millrace/stage/testing';
import type { DataSubject } from '../data-subject.ts';
import {
  never,
  secret,
  startPersonalDataTest,
  writeOneOfEach,
  type PersonalDataTest,
  type Written,
} from '../personal-data.fixture.ts';
import { exportPersonalData } from './export-personal-data.ts';

let test: PersonalDataTest;
let ofTenant: Written;
let ofAnna: Written;
let ofOther: Written;

beforeAll(async () => {
  test = await startPersonalDataTest();
  ofTenant = await writeOneOfEach(test.dependencies, 'acme', null);
  ofAnna = await writeOneOfEach(test.dependencies, 'acme', 'usr_anna');
  ofOther = await writeOneOfEach(test.dependencies, 'other', null);
  await endRequest('acme', 'usr_anna');
  await endRequest('acme', null);
  await endRequest('other', null);
});
afterAll(() => test.stop());

/** A request with an answer, its closing, and a place in the audit chain. */
async function endRequest(tenant: string, user: string | null): Promise<void> {
  const { bus, codec, sealing, clock } = test.dependencies;
  const { principal, ...rest } = closingOf(tenant, { closed_at: clock.now() });
  const closing = { ...rest, principal: { ...principal, user_id: user } };
  const { request_id: id } = closing;
  const log = await openResultLog(test.dependencies, { gateway: 'g', request_id: id });
  const content = sealContent(await sealing.forUser(tenant, user), id, 'chunk', {
    text: `${secret} of ${user}`,
    tokens: [1],
  });
  await log.append(resultRecord({ request_id: id, tenant }, { kind: 'OPENED', at: clock.now() }));
  await log.append(resultRecord({ request_id: id, tenant }, { kind: 'CHUNK', at: clock.now(), content }));
  const event = codec.encode('request.closed', closing);
  await bus.publish({ subject: subjects.closed(tenant, id), payload: event });
  const record = codec.encode('audit.recorded', {
    tenant,
    sequence: 1,
    record_id: id,
    kind: 'request.closed',
    subject_id: id,
    occurred_at: 1,
    recorded_at: 1,
    source_sequence: 1,
    source_stream: 'CLOSED',
    charge: null,
    event,
    previous_hash: new Uint8Array(32),
    hash: new Uint8Array(32),
  });
  await bus.publish({ subject: subjects.recorded(tenant), payload: record });
}

async function exported(subject: DataSubject): Promise<readonly Record<string, unknown>[]> {
  const records: Record<string, unknown>[] = [];
  for await (const line of exportPersonalData(test.dependencies, subject, never))
    records.push(JSON.parse(line) as Record<string, unknown>);
  return records;
}

const countsOf = (records: readonly Record<string, unknown>[]) => {
  const { entries } = records.at(-1) as {
    readonly entries: readonly { readonly type: string; readonly count: number }[];
  };
  return Object.fromEntries(entries.map(({ type, count }) => [type, count]));
};

it('has all that is kept of a tenant, opened, and nothing of another', async () => {
  const records = await exported({ tenant: 'acme', user: null });
  expect(countsOf(records)).toEqual({
    export: 1,
    tenant: 1,
    api_key: 3,
    job: 2,
    file: 2,
    file_content: 2,
    batch: 2,
    batch_line: 2,
    kept_answer: 2,
    webhook: 2,
    training_example: 2,
    ledger_entry: 2,
    request: 2,
    answer: 2,
    audit_record: 2,
  });
  const text = JSON.stringify(records);
  expect(text).toContain(ofTenant.jobId);
  expect(text).not.toContain(ofOther.jobId);
  const job = records.find(({ id }) => id === ofAnna.jobId);
  expect(job?.['result']).toEqual({ content: { answer: { text: secret } } });
  const content = records.find(({ type }) => type === 'file_content')?.['base64'] as {
    readonly content: string;
  };
  expect(Buffer.from(content.content, 'base64').toString()).toBe(secret);
  expect(text).not.toContain('whsec_');
  expect(text).not.toMatch(/"hash":"0{64}","roles"/u);
});

it("has of a user what is the user's alone", async () => {
  const records = await exported({ tenant: 'acme', user: 'usr_anna' });
  expect(countsOf(records)).toEqual({
    export: 1,
    user: 1,
    membership: 1,
    api_key: 1,
    job: 1,
    file: 1,
    file_content: 1,
    batch: 1,
    batch_line: 1,
    kept_answer: 1,
    webhook: 1,
    training_example: 1,
    ledger_entry: 1,
    request: 1,
    answer: 1,
    audit_record: 1,
  });
  expect(JSON.stringify(records)).not.toContain(ofTenant.jobId);
  expect(records.find(({ type }) => type === 'answer')?.['choices']).toEqual([`${secret} of usr_anna`]);
});

it('ends with an index that says on which line each type begins', async () => {
  const records = await exported({ tenant: 'acme', user: null });
  const { lines, entries } = records.at(-1) as {
    readonly lines: number;
    readonly entries: readonly { readonly type: string; readonly first_line: number }[];
  };
  expect(lines).toBe(records.length);
  for (const { type, first_line: line } of entries) expect(records[line - 1]?.['type']).toBe(type);
});

it('says of what was shredded that it is', async () => {
  await test.dependencies.sealing.eraseUser('acme', 'usr_anna');
  const records = await exported({ tenant: 'acme', user: 'usr_anna' });
  expect(records.find(({ id }) => id === ofAnna.jobId)?.['result']).toEqual({ content: null, erased: true });
  expect(records.find(({ type }) => type === 'answer')).toMatchObject({ erased: true });
  expect(JSON.stringify(records)).not.toContain(secret);
});
