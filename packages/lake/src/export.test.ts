import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import avro from 'avsc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BillingAdjusted, BillingCharged, RequestClosed } from '@millrace/contracts';
import { subjects } from '@millrace/contracts';
import { openDuckDb, quoted } from './duckdb.ts';
import {
  adjust,
  charge,
  chargeOf,
  close,
  codec,
  creditOf,
  dayMs,
  exportTo,
  noon,
  startTestStreams,
  type TestStreams,
} from './lake.fixture.ts';
import type { LakeFormat } from './part-writer.ts';

let streams: TestStreams;
const closings: RequestClosed[] = [];
const entries: (BillingCharged | BillingAdjusted)[] = [];

beforeAll(async () => {
  streams = await startTestStreams();
  for (const changes of [
    {
      closed_at: noon,
      principal: { key_id: 'k1', roles: ['a', 'b'], organisation: 'acme', user_id: 'usr_1' },
    },
    {
      closed_at: noon + 1,
      outcome: 'REJECTED' as const,
      failure: {
        code: 'insufficient_quota',
        message: 'No "budget",\nleft',
        param: null,
        retryable: false,
        retry_after_ms: null,
      },
    },
    {
      closed_at: noon + dayMs,
      cache: { kind: 'EXACT' as const, similarity: 1, request_id: '01890a5d-ac96-774b-bcce-b302099a8057' },
      trail: [
        { stage: 'pii', at: noon + 7, outcome: 'masked', code: null, facts: { found: '2', kinds: 'é,"x"' } },
      ],
    },
  ]) {
    const closing = await close(streams.bus, 'acme', { ...changes, text_digest: Buffer.from('sealed') });
    closings.push(closing);
    const entry = chargeOf(closing, entries.length + 1, { amount: '12345678.0000000001' });
    entries.push(entry);
    await charge(streams.bus, entry);
  }
  const credit = creditOf('acme', entries.length + 1, '-0.1000000000', noon + dayMs);
  entries.push(credit);
  await adjust(streams.bus, credit);
});
afterAll(() => streams.stop());

async function filesOf(folder: string, extension: string): Promise<readonly string[]> {
  const all = await readdir(folder, { recursive: true });
  return all.filter((name) => name.endsWith(`.${extension}`)).toSorted();
}

/** The rows of a table as text, whatever the format. */
async function rowsIn(folder: string, dataset: string, format: LakeFormat): Promise<readonly object[]> {
  if (format === 'avro') return await avroRows(folder, dataset);
  const files = quoted(path.join(folder, dataset, '*', `*.${format}`));
  const source = {
    parquet: `read_parquet(${files}, hive_partitioning = false)`,
    csv: `read_csv(${files}, header = true, all_varchar = true, hive_partitioning = false)`,
    jsonl: `read_json(${files}, format = 'newline_delimited', hive_partitioning = false)`,
  }[format];
  const duckDb = await openDuckDb();
  const columns =
    dataset === 'requests'
      ? `request_id::VARCHAR as id, tenant, outcome, error_message, user_id, input_tokens::INTEGER as tokens,
         total_ms::DOUBLE as total, epoch_ms(closed_at::TIMESTAMPTZ)::VARCHAR as "at", cache_similarity::DOUBLE as similarity,
         to_json(roles)::JSON->>'$' as roles, json_array_length(${format === 'csv' ? 'trail' : 'to_json(trail)'})::INTEGER as steps,
         (${format === 'csv' ? 'trail' : 'to_json(trail)'})::JSON->0->'facts'->>'found' as found,
         epoch_ms(((${format === 'csv' ? 'trail' : 'to_json(trail)'})::JSON->0->>'at')::TIMESTAMPTZ)::VARCHAR as decided`
      : `entry_number::INTEGER as number, kind, request_id::VARCHAR as id, amount::DECIMAL(20, 10)::VARCHAR as amount, reason, model,
         epoch_ms(closed_at::TIMESTAMPTZ)::VARCHAR as "at"`;
  const found = await duckDb.connection.runAndReadAll(`select ${columns} from ${source} order by "at", id`);
  const rows = found.getRowObjectsJson();
  duckDb.close();
  return rows;
}

/** The same by Avro's container format, with the decimals as their digits. */
async function avroRows(folder: string, dataset: string): Promise<readonly object[]> {
  const rows: Readonly<Record<string, unknown>>[] = [];
  for (const file of await filesOf(path.join(folder, dataset), 'avro')) {
    const records: AsyncIterable<Readonly<Record<string, never>>> = avro.createFileDecoder(
      path.join(folder, dataset, file),
    );
    for await (const row of records) {
      const trail = row['trail'] as
        | readonly { readonly at: number; readonly facts: Record<string, string> }[]
        | undefined;
      rows.push(
        dataset === 'requests'
          ? {
              id: row['request_id'],
              tenant: row['tenant'],
              outcome: row['outcome'],
              error_message: row['error_message'],
              user_id: row['user_id'],
              tokens: row['input_tokens'],
              total: row['total_ms'],
              at: String(row['closed_at']),
              similarity: row['cache_similarity'],
              roles: JSON.stringify(row['roles']),
              steps: trail?.length,
              found: trail?.[0]?.facts['found'] ?? null,
              decided: String(trail?.[0]?.at),
            }
          : {
              number: row['entry_number'],
              kind: row['kind'],
              id: row['request_id'],
              amount: decimalText(row['amount'] as unknown as Buffer),
              reason: row['reason'],
              model: row['model'],
              at: String(row['closed_at']),
            },
      );
    }
  }
  return rows;
}

function decimalText(bytes: Buffer): string {
  const unscaled = BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(11, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -10)}.${digits.slice(-10)}`;
}

describe('formats', () => {
  it.each(['parquet', 'avro', 'csv', 'jsonl'] as const)('%s holds what the streams do', async (format) => {
    const folder = await streams.newFolder();
    const made = await exportTo(streams.bus, folder, { format, datasets: ['requests', 'billing', 'audit'] });
    expect(made).toMatchObject([{ rows: 3 }, { rows: 4 }, { rows: 0, files: [] }]);
    expect(await filesOf(folder, format)).toEqual([
      `billing/day=2026-11-27/billing-000000000001-000000000002.${format}`,
      `billing/day=2026-11-28/billing-000000000003-000000000004.${format}`,
      `requests/day=2026-11-27/requests-000000000001-000000000002.${format}`,
      `requests/day=2026-11-28/requests-000000000003-000000000003.${format}`,
    ]);
    expect(await exportTo(streams.bus, folder, { format })).toMatchObject([{ rows: 0 }, { rows: 0 }]);
    expect(await rowsIn(folder, 'requests', format)).toEqual(
      closings.map((closing) => ({
        id: closing.request_id,
        tenant: 'acme',
        outcome: closing.outcome.toLowerCase(),
        error_message: closing.failure?.message ?? null,
        user_id: closing.principal.user_id,
        tokens: 3,
        total: 4,
        at: String(closing.closed_at),
        similarity: closing.cache?.similarity ?? null,
        roles: JSON.stringify(closing.principal.roles),
        steps: 1,
        found: closing.trail[0]?.facts['found'] ?? null,
        decided: String(closing.trail[0]?.at),
      })),
    );
    expect(await rowsIn(folder, 'billing', format)).toEqual(
      entries.map((entry) => ({
        number: entry.entry_number,
        kind: 'kind' in entry ? 'credit' : 'charge',
        id: entry.request_id,
        amount: entry.amount,
        reason: 'reason' in entry ? entry.reason : null,
        model: entry.model,
        at: String('counts_at' in entry ? entry.counts_at : entry.closed_at),
      })),
    );
    for (const name of await filesOf(folder, format))
      expect((await readFile(path.join(folder, name))).includes('sealed')).toBe(false);
  });
});

describe('exports one after the other', () => {
  it('go on where the last one ended, and leave out what the stream repeats', async () => {
    const own = await startTestStreams();
    try {
      const folder = await own.newFolder();
      const first = chargeOf(await close(own.bus, 'acme', { closed_at: noon }), 1);
      await charge(own.bus, first);
      expect(await exportTo(own.bus, folder)).toMatchObject([
        { rows: 1, bookmark: 1 },
        { rows: 1, bookmark: 1 },
      ]);
      expect(await exportTo(own.bus, folder)).toMatchObject([
        { rows: 0, files: [] },
        { rows: 0, files: [] },
      ]);
      await charge(own.bus, first);
      await charge(own.bus, chargeOf(await close(own.bus, 'zeta', { closed_at: noon }), 2));
      expect(await exportTo(own.bus, folder)).toMatchObject([
        { rows: 1, bookmark: 2, gap: null },
        { rows: 1, repeated: 1, bookmark: 3 },
      ]);
    } finally {
      await own.stop();
    }
  });

  it('hold a lake to one choice of tenants, and to its stream', async () => {
    const folder = await streams.newFolder();
    expect(await exportTo(streams.bus, folder, { tenant: 'nobody' })).toMatchObject([
      { rows: 0 },
      { rows: 0 },
    ]);
    await expect(exportTo(streams.bus, folder)).rejects.toThrow(
      `${folder} is an export of nobody, not of all tenants`,
    );
    const other = await startTestStreams();
    try {
      await expect(exportTo(other.bus, folder, { tenant: 'nobody' })).rejects.toThrow(
        'has requests of a stream that was made at',
      );
    } finally {
      await other.stop();
    }
  });

  it('name a message that cannot be decoded, and leave it out where that is asked for', async () => {
    const own = await startTestStreams();
    try {
      const folder = await own.newFolder();
      await close(own.bus, 'acme', { closed_at: noon });
      await own.bus.publish({ subject: subjects.closed('acme', 'x'), payload: Buffer.from('no Avro') });
      await close(own.bus, 'acme', { closed_at: noon });
      await expect(exportTo(own.bus, folder)).rejects.toThrow('Message 2 of CLOSED cannot be exported: ');
      expect(await exportTo(own.bus, folder, { skipUnreadable: true })).toMatchObject([
        { rows: 1, unreadable: [2], bookmark: 3 },
        { rows: 0 },
      ]);
    } finally {
      await own.stop();
    }
  });

  it('say what went out of the stream before it was exported', async () => {
    const own = await startTestStreams();
    try {
      const folder = await own.newFolder();
      // A stream like CLOSED whose messages may be removed, as age does in the end.
      await own.bus.publish({
        subject: subjects.closed('acme', 'a'),
        payload: codec.encode('request.closed', closings[0] as RequestClosed),
      });
      const aged = {
        ...own.bus,
        streamState: async (stream: string) => ({
          ...(await own.bus.streamState(stream)),
          firstSequence: 5,
          lastSequence: 9,
        }),
      };
      expect(await exportTo(aged, folder, { datasets: ['requests'] })).toMatchObject([
        { beginsAt: 5, gap: null },
      ]);
      expect(await exportTo(aged, folder, { datasets: ['requests'] })).toMatchObject([
        { beginsAt: null, gap: { first: 2, last: 4 } },
      ]);
    } finally {
      await own.stop();
    }
  });

  it('let nobody else export to the same lake meanwhile', async () => {
    const folder = await streams.newFolder();
    const both = await Promise.allSettled([exportTo(streams.bus, folder), exportTo(streams.bus, folder)]);
    const refused = both.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(1);
    expect(String((refused[0] as PromiseRejectedResult).reason)).toContain('is being exported to by process');
  });
});
