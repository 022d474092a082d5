import { randomUUID } from 'node:crypto';
import { createCodec } from '@millrace/contracts';
import { createBudgetAlerts } from '@millrace/quota';
import { createIdGenerator, createMetrics, systemRandom, type Clock } from '@millrace/runtime';
import { claims, execute, ledger, prices, quotas, tenants, type Database } from '@millrace/store';
import type { AdjustmentDependencies } from './adjustment.ts';
import { lastNumber } from './ledger-queries.ts';

/** When the charges of tests ended. */
export const november = Date.UTC(2026, 10, 27, 12);

export function adjustmentDependencies(database: Database, clock: Clock): AdjustmentDependencies {
  const codec = createCodec();
  return {
    database,
    codec,
    clock,
    nextId: createIdGenerator(clock, systemRandom),
    budgetAlerts: createBudgetAlerts({ codec, clock, metrics: createMetrics() }),
  };
}

/** A tenant with a quota of its own, which says what was spent in November. */
export async function createProject(
  database: Database,
  { budget = null, spent = '0' }: { readonly budget?: string | null; readonly spent?: string } = {},
): Promise<string> {
  const tenant = `tenant-${randomUUID()}`;
  await database.insert(tenants).values({ id: tenant, name: tenant });
  await database.insert(quotas).values({
    scope: 'project',
    subject: tenant,
    budgetPerMonth: budget,
    month: new Date(Date.UTC(2026, 10)),
    monthAmount: spent,
  });
  return tenant;
}

/** A price for a million tokens of output, from a moment on. */
export async function addPrice(
  database: Database,
  price: {
    readonly model: string;
    readonly version: number;
    readonly output: string;
    readonly from?: number;
    readonly currency?: string;
    readonly book?: string;
  },
): Promise<void> {
  await database.insert(prices).values({
    book: price.book ?? 'default',
    model: price.model,
    version: price.version,
    currency: price.currency ?? 'EUR',
    inputPerMillion: '0',
    outputPerMillion: price.output,
    validFrom: new Date(price.from ?? 0),
  });
}

/** Charges of a million tokens each, with their claims. @returns the ids of the requests */
export async function addCharges(
  database: Database,
  tenant: string,
  count: number,
  { model, amount, at = november }: { readonly model: string; readonly amount: string; readonly at?: number },
): Promise<readonly string[]> {
  const requestIds = Array.from({ length: count }, () => randomUUID());
  const [last] = await execute(database, lastNumber());
  await database.insert(ledger).values(
    requestIds.map((requestId, index) => ({
      entryId: randomUUID(),
      entryNumber: last.lastNumber + index + 1,
      requestId,
      tenant,
      model,
      outcome: 'completed',
      inputTokens: 0,
      cachedInputTokens: 0,
      outputTokens: 1_000_000,
      amount,
      currency: 'EUR',
      priceVersion: 1,
      receivedAt: new Date(at + index - 1_000),
      closedAt: new Date(at + index),
      chargedAt: new Date(at + index),
    })),
  );
  await database.insert(claims).values(
    requestIds.map((requestId) => ({
      requestId,
      tenant,
      model,
      usedAmount: amount,
      decidedAt: new Date(at),
      deadlineAt: new Date(at),
      closedAt: new Date(at),
      event: Buffer.from([]),
    })),
  );
  return requestIds;
}
