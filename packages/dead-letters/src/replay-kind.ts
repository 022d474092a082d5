import type { deadLetters } from '@millrace/store';

/** What is kept in the table of a dead letter. */
export type LetterRow = typeof deadLetters.$inferSelect;

/**
 * What a replay of a letter is. `request`: a new request; `intake`: its message is put into its queue again; `stage`: the stage that has given it
 * up gets it once more; `none`: nothing can be made of it.
 */
export type ReplayKind = 'request' | 'intake' | 'stage' | 'none';

const ofRequests: ReadonlySet<string> = new Set(['RECEIVED', 'ADMITTED', 'SCRUBBED']);
const ofTheEnded: ReadonlySet<string> = new Set(['CLOSED', 'ACTS', 'RETURNED']);

export function replayKindOf({ stream, requestId }: Pick<LetterRow, 'stream' | 'requestId'>): ReplayKind {
  if (ofRequests.has(stream)) return requestId === null ? 'none' : 'request';
  if (stream === 'INTAKE' || stream.startsWith('KAFKA')) return 'intake';
  return ofTheEnded.has(stream) ? 'stage' : 'none';
}
