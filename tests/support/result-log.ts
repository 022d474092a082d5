import type { Finished, RequestClosed, ResultChunk } from '@millrace/contracts';
import { subjects } from '@millrace/contracts';
import { openContent, readResults, type StageDependencies } from '@millrace/stage';

type ObserverDependencies = Pick<StageDependencies, 'bus' | 'codec' | 'sealing'>;

/** A piece of an answer as it lies in the stream, opened. */
export interface LoggedChunk {
  readonly attempt: number;
  readonly choice: number;
  readonly firstPosition: number;
  readonly tokens: readonly number[];
  readonly text: string;
}

/** The results of a request as they lie in the stream. */
export interface LoggedAnswer {
  readonly records: readonly ResultChunk[];
  /** Kinds and attempts in the order in which they were stored, such as `CHUNK 1`; repetitions are told once. */
  readonly history: readonly string[];
  readonly attempts: readonly ResultChunk[];
  readonly chunks: readonly LoggedChunk[];
  readonly finished: readonly Finished[];
  /** Text and tokens of all chunks, joined. */
  readonly text: string;
  readonly tokens: readonly number[];
  /** Text of each choice. */
  readonly choices: readonly string[];
}

/** Reads and opens all that is stored of an answer. */
export async function readLog(dependencies: ObserverDependencies, requestId: string): Promise<LoggedAnswer> {
  const records: ResultChunk[] = [];
  const chunks: LoggedChunk[] = [];
  for await (const { record } of readResults(dependencies, requestId)) {
    records.push(record);
    if (record.kind !== 'CHUNK' || record.content === null) continue;
    const box = await dependencies.sealing.forTenant(record.tenant);
    const { text, tokens } = openContent(box, requestId, 'chunk', record.content);
    const { attempt, choice, first_position: firstPosition } = record;
    chunks.push({ attempt, choice, firstPosition, text, tokens });
  }
  const kinds = records.map(({ kind, attempt }) => `${kind} ${attempt}`);
  return {
    records,
    history: kinds.filter((kind, index) => kind !== kinds[index - 1]),
    attempts: records.filter(({ kind }) => kind === 'ATTEMPT'),
    chunks,
    finished: records.flatMap(({ finished }) => (finished === null ? [] : [finished])),
    text: chunks.map(({ text }) => text).join(''),
    tokens: chunks.flatMap(({ tokens }) => tokens),
    choices: textsOf(chunks, records[0]?.opened?.choices ?? 1),
  };
}

function textsOf(chunks: readonly LoggedChunk[], choices: number): readonly string[] {
  const own = (choice: number): readonly LoggedChunk[] => chunks.filter((chunk) => chunk.choice === choice);
  return Array.from({ length: choices }, (_, choice) =>
    own(choice)
      .map(({ text }) => text)
      .join(''),
  );
}

/** Every closing of a request: there should be one. */
export async function readClosings(
  { bus, codec }: ObserverDependencies,
  tenant: string,
  requestId: string,
): Promise<readonly RequestClosed[]> {
  const closings: RequestClosed[] = [];
  for await (const { payload } of bus.read('CLOSED', subjects.closed(tenant, requestId)))
    closings.push(codec.decode('request.closed', payload));
  return closings;
}
