import type { ResultChunk } from '@millrace/contracts';
import { ManualClock } from '@millrace/runtime';
import { createMemoryKeyStore, createSealing } from '@millrace/sealing';
import {
  type Interruption,
  type InterruptionReason,
  openContent,
  type RequestEvent,
  type ResultLog,
} from '@millrace/stage';
import { answer, type AnswerWork } from './answer.ts';
import type { InferenceContext } from './on-request-scrubbed.ts';
import type { Published } from './published.ts';

const event = {
  request_id: 'r1',
  tenant: 'acme',
  received_at: 0,
  characters_in: 5,
} as unknown as RequestEvent;

export interface RunOptions {
  readonly published: Published;
  /** @param signal aborted when the request is stopped */
  readonly work: (signal: AbortSignal) => AnswerWork | Promise<AnswerWork>;
  /** Called with each record before it is stored. */
  readonly onAppend?:
    | ((record: ResultChunk, interrupt: (reason: InterruptionReason) => void) => void)
    | undefined;
}

const nothing = (): void => undefined;

/** For tests: answers a request, and opens what was published. */
export async function runAnswer({ published, work, onAppend }: RunOptions) {
  const box = await (await createSealing(new Uint8Array(32), createMemoryKeyStore())).forTenant('acme');
  const controller = new AbortController();
  let reason: InterruptionReason | undefined;
  const interrupt = (why: InterruptionReason): void => {
    reason ??= why;
    controller.abort();
  };
  const interruption: Interruption = {
    signal: controller.signal,
    get reason() {
      return reason;
    },
    fail: (error) => interrupt({ kind: 'failed', error }),
    stop: async () => undefined,
  };
  const records: ResultChunk[] = [];
  const log: ResultLog = {
    last: undefined,
    end: 0,
    async append(record) {
      onAppend?.(record, interrupt);
      records.push(record);
    },
  };
  const context = { clock: new ManualClock(), model: { name: event.model } } as unknown as InferenceContext;
  const takenUp = { attempt: 1, published, settle: nothing };
  const [result] = await Promise.allSettled([
    answer({ context, event, log, box, interruption, takenUp }, await work(controller.signal)),
  ]);
  const chunks = records.map((record) => ({
    ...record,
    opened: openContent(box, 'r1', 'chunk', record.content ?? new Uint8Array()),
  }));
  const textOf = (choice: number): string =>
    chunks
      .filter((chunk) => chunk.choice === choice)
      .map(({ opened }) => opened.text)
      .join('');
  return { result, chunks, textOf };
}
