import { defaultTenant, proveAnswers, type Cluster } from '@millrace/embedded';
import { ledger } from '@millrace/store';
import { expect } from 'vitest';
import { readClosings, readLog, type LoggedAnswer } from './result-log.ts';

/** What holds of a request that was answered to its end, whatever broke. */
export const answeredOnce = {
  outcome: 'COMPLETED',
  closings: 1,
  ledgerRows: 1,
  charges: 1,
  auditRecords: 1,
  isTextClosed: true,
} as const;

/** A request that its client was told the end of. */
export interface EndedRequest {
  readonly requestId: string;
  /** All chunks that the client was sent, joined; those of each choice where there are several. */
  readonly text: string | readonly string[];
}

/**
 * Waits until a request is closed, charged and recorded, and asserts what holds for each request that the engine answered,
 * whatever broke: one end, one closing, one ledger row, one charge, one audit record; the text that the client has is the text
 * that was stored and closed; the tokens that are charged are the tokens that were stored, each position once.
 */
export async function expectAnsweredOnce(
  { platform, database }: Pick<Cluster, 'platform' | 'database'>,
  { requestId, text }: EndedRequest,
  signal: AbortSignal,
): Promise<LoggedAnswer> {
  const { answers, isChainVerified } = await proveAnswers(
    platform,
    database,
    defaultTenant,
    [{ requestId, text }],
    signal,
  );
  expect(answers[0]).toMatchObject({ ...answeredOnce, outcome: expect.any(String) as string });
  expect(isChainVerified).toBe(true);

  const log = await readLog(platform, requestId);
  const texts = [text].flat();
  expect(log.choices).toEqual(texts);
  expect(log.finished).toHaveLength(1);
  const positions = texts.map(() => 0);
  for (const { choice, firstPosition, tokens } of log.chunks) {
    expect(firstPosition).toBe(positions[choice]);
    positions[choice] = firstPosition + tokens.length;
  }
  const [closing] = await readClosings(platform, defaultTenant, requestId);
  const rows = await database.select().from(ledger);
  const row = rows.find((each) => each.requestId === requestId);
  expect(closing?.usage).toMatchObject({
    output_tokens: log.tokens.length,
    characters_out: texts.join('').length,
  });
  expect(row).toMatchObject({ outputTokens: log.tokens.length, inputTokens: closing?.usage.input_tokens });
  return log;
}
