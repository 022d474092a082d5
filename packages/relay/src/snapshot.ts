import type { ResultChunk } from '@millrace/contracts';
import { readResults, type StageDependencies } from '@millrace/stage';
import { contentOpener, createAnswer, type Answer } from './answer.ts';
import { authorise, requestIdPattern } from './follow.ts';
import { requestNotFound, type GatewayPrincipal } from './gateway-principal.ts';
import type { RelayEvent } from './relay-event.ts';

/** What is stored of an answer at one moment. */
export interface Snapshot {
  /** In their order; the last is `completed` or `failed` where the answer has ended. */
  readonly events: readonly RelayEvent[];
  /** Tokens of all choices so far. */
  readonly outputTokens: number;
}

/**
 * Reads what is stored of the answer of a request, without waiting for more.
 *
 * @throws `request_not_found`
 */
export async function readSnapshot(
  dependencies: Pick<StageDependencies, 'bus' | 'codec' | 'sealing'>,
  requestId: string,
  principal: GatewayPrincipal,
): Promise<Snapshot> {
  if (!requestIdPattern.test(requestId)) throw requestNotFound();
  const answerOf = async (first: ResultChunk): Promise<Answer> => {
    const opened = authorise(first, principal);
    const box = await dependencies.sealing.forUser(principal.tenant, opened.principal.user_id);
    return createAnswer(contentOpener(box, requestId));
  };
  const tokens = new Map<number, number>();
  const events: RelayEvent[] = [];
  let answer: Answer | undefined;
  for await (const { record } of readResults(dependencies, requestId)) {
    answer ??= await answerOf(record);
    events.push(...answer.accept(record));
    count(tokens, record);
    if (answer.ended) break;
  }
  if (answer === undefined) throw requestNotFound();
  return { events, outputTokens: [...tokens.values()].reduce((sum, each) => sum + each, 0) };
}

function count(tokens: Map<number, number>, record: ResultChunk): void {
  if (record.kind !== 'CHUNK') return;
  const reached = record.first_position + record.token_count;
  tokens.set(record.choice, Math.max(reached, tokens.get(record.choice) ?? 0));
}
