import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectNats, type Bus } from '@millrace/bus';
import {
  bucketDefinitions,
  createCodec,
  streamDefinitions,
  subjects,
  type BillingAdjusted,
  type BillingCharged,
  type RequestClosed,
} from '@millrace/contracts';
import { createLogger, stopInReverse, type Stoppable } from '@millrace/runtime';
import { closingOf, publishClosing } from '@millrace/stage/testing';
import { startTestNats } from '@millrace/testkit';
import { exportLake, type LakeExportOptions } from './export-lake.ts';

export const codec = createCodec();

/** 2026-11-27 at noon, in milliseconds since the epoch. */
export const noon = Date.UTC(2026, 10, 27, 12);
export const dayMs = 86_400_000;

/** Streams of a test's own, and folders for its lakes. */
export interface TestStreams extends Stoppable {
  readonly url: string;
  readonly bus: Bus;
  newFolder(): Promise<string>;
}

export async function startTestStreams(): Promise<TestStreams> {
  const parts: Stoppable[] = [];
  const nats = await startTestNats();
  parts.push(nats);
  const logger = createLogger({ service: 'lake-test', level: 'silent' });
  const bus = await connectNats({ url: nats.url, name: 'lake-test', logger });
  parts.push(bus);
  await bus.provision(streamDefinitions(), bucketDefinitions);
  return {
    url: nats.url,
    bus,
    async newFolder() {
      const folder = await mkdtemp(path.join(tmpdir(), 'millrace-lake-'));
      parts.push({ stop: () => rm(folder, { recursive: true }) });
      return folder;
    },
    stop: () => stopInReverse(parts),
  };
}

/** Exports as a test wants it: Parquet of requests and billing, all tenants. */
export function exportTo(bus: Bus, folder: string, options: Partial<LakeExportOptions> = {}) {
  return exportLake(
    { bus, codec },
    {
      folder,
      format: 'parquet',
      tenant: undefined,
      rowsPerFile: 1_000,
      skipUnreadable: false,
      datasets: ['requests', 'billing'],
      signal: new AbortController().signal,
      ...options,
    },
  );
}

/** Stores the end of a request. */
export async function close(
  bus: Bus,
  tenant: string,
  changes: Partial<RequestClosed> = {},
): Promise<RequestClosed> {
  const closing = closingOf(tenant, changes);
  await publishClosing(bus, codec, closing);
  return closing;
}

export async function charge(bus: Bus, entry: BillingCharged): Promise<void> {
  await bus.publish({
    subject: subjects.charged(entry.tenant),
    payload: codec.encode('billing.charged', entry),
  });
}

export async function adjust(bus: Bus, entry: BillingAdjusted): Promise<void> {
  await bus.publish({
    subject: subjects.adjusted(entry.tenant),
    payload: codec.encode('billing.adjusted', entry),
  });
}

/** The charge of a closing. */
export function chargeOf(
  closing: RequestClosed,
  entryNumber: number,
  changes: Partial<BillingCharged> = {},
): BillingCharged {
  return {
    entry_id: randomUUID(),
    entry_number: entryNumber,
    request_id: closing.request_id,
    tenant: closing.tenant,
    model: closing.served_by ?? closing.model,
    outcome: closing.outcome.toLowerCase(),
    usage: closing.usage,
    price_version: 1,
    amount: '0.0000100000',
    currency: 'EUR',
    closed_at: closing.closed_at,
    charged_at: closing.closed_at + 5,
    cache: closing.cache,
    organisation: closing.principal.organisation,
    key_id: closing.principal.key_id,
    user_id: closing.principal.user_id,
    operation: closing.operation,
    model_version: closing.model_version,
    price_book: 'default',
    worked_ms: 3,
    ...changes,
  };
}

/** A credit of a tenant. */
export function creditOf(tenant: string, entryNumber: number, amount: string, at: number): BillingAdjusted {
  return {
    entry_id: randomUUID(),
    entry_number: entryNumber,
    kind: 'CREDIT',
    adjustment_id: randomUUID(),
    request_id: null,
    organisation: 'default',
    tenant,
    key_id: null,
    user_id: null,
    model: null,
    amount,
    currency: 'EUR',
    price_book: 'default',
    price_version: null,
    reason: 'An outage, "long" one,\nin May',
    actor: 'operator',
    counts_at: at,
    adjusted_at: at,
  };
}
