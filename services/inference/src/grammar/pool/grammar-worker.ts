import { on } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { GrammarInstance } from './grammar-instance.ts';
import type { GrammarRequest, GrammarResponse, GrammarWorkerData } from './grammar-messages.ts';
import type { AnswerMatcher } from './answer-matcher.ts';

/** Entry of the thread that compiles one grammar and then keeps its matchers. */
async function run(
  port: NonNullable<typeof parentPort>,
  { vocabulary, grammar }: GrammarWorkerData,
): Promise<void> {
  const instance = await GrammarInstance.load(vocabulary);
  const compiled = await instance.compile(grammar);
  const matchers = new Map<number, AnswerMatcher>();
  const answer = (response: GrammarResponse, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(response, transfer);

  const take = async ({ matcher: id, accept }: Extract<GrammarRequest, { kind: 'step' }>): Promise<void> => {
    const known = matchers.get(id);
    const matcher = known ?? (await instance.matcher(compiled));
    matchers.set(id, matcher);
    const isAccepted = accept.every((token) => matcher.accept(token));
    if (!isAccepted) {
      answer({ kind: 'rejected', matcher: id });
      return;
    }
    const mask = await matcher.nextMask();
    answer({ kind: 'mask', matcher: id, mask }, [mask.buffer as ArrayBuffer]);
  };

  const close = (id: number): void => {
    matchers.get(id)?.dispose();
    matchers.delete(id);
    answer({ kind: 'closed', matcher: id });
  };

  answer({ kind: 'ready' });
  // One after the other: a matcher must not be closed before what was asked of it is answered.
  for await (const [request] of on(port, 'message') as AsyncIterable<[GrammarRequest]>) {
    if (request.kind === 'step') await take(request);
    else close(request.matcher);
  }
}

if (parentPort !== null) await run(parentPort, workerData as GrammarWorkerData);
