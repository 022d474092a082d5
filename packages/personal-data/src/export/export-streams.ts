import { subjects } from '@millrace/contracts';
import { openContent, readResults, type ChunkContent, type MaskedContent } from '@millrace/stage';
import { MillraceError } from '@millrace/runtime';
import type { SealingBox } from '@millrace/sealing';
import type { DataSubject, PersonalDataDependencies } from '../data-subject.ts';
import type { ExportRecord } from './export-record.ts';

type Records = AsyncGenerator<ExportRecord, void, undefined>;

/** As long as results are kept, and some. */
const resultsMs = 16 * 60_000;

/** What the streams have of a subject: how each request ended, answers that are still there, and where the audit chain tells of them. */
export async function* exportStreams(
  dependencies: Pick<PersonalDataDependencies, 'bus' | 'codec' | 'sealing' | 'clock'>,
  subject: DataSubject,
  signal: AbortSignal,
): Records {
  const { bus, codec, sealing, clock } = dependencies;
  const { tenant, user } = subject;
  const own = new Set<string>();
  for await (const { payload } of bus.read('CLOSED', subjects.closed(tenant, '*'), { signal })) {
    const { text_digest: _digest, ...closing } = codec.decode('request.closed', payload);
    if (user !== null && closing.principal.user_id !== user) continue;
    own.add(closing.request_id);
    yield {
      type: 'request',
      ...closing,
      closed_at: new Date(closing.closed_at),
      received_at: new Date(closing.received_at),
    };
    if (clock.now() - closing.closed_at > resultsMs) continue;
    const box = await sealing.forUser(tenant, closing.principal.user_id);
    const answer = await readAnswer(dependencies, box, closing.request_id);
    if (answer !== undefined) yield { type: 'answer', request_id: closing.request_id, ...answer };
  }
  for await (const { payload } of bus.read('AUDIT', subjects.recorded(tenant), { signal })) {
    const { sequence, kind, subject_id, recorded_at, hash } = codec.decode('audit.recorded', payload);
    if (user !== null && !own.has(subject_id)) continue;
    const at = new Date(recorded_at);
    yield {
      type: 'audit_record',
      sequence,
      kind,
      about: subject_id,
      recorded_at: at,
      hash: Buffer.from(hash).toString('hex'),
    };
  }
}

/** Pieces as they lie in the stream, and what their placeholders stand for. */
async function readAnswer(
  dependencies: Pick<PersonalDataDependencies, 'bus' | 'codec'>,
  box: SealingBox,
  requestId: string,
): Promise<
  | { readonly choices: readonly string[]; readonly masked: MaskedContent['mapping'] }
  | { readonly erased: true }
  | undefined
> {
  const choices: string[] = [];
  let masked: MaskedContent['mapping'] = {};
  try {
    for await (const { record } of readResults(dependencies, requestId)) {
      if (record.content === null) continue;
      if (record.kind === 'MASKED') masked = openContent(box, requestId, 'masked', record.content).mapping;
      if (record.kind !== 'CHUNK') continue;
      const { text }: ChunkContent = openContent(box, requestId, 'chunk', record.content);
      choices[record.choice] = (choices[record.choice] ?? '') + text;
    }
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'key_erased') return { erased: true };
    throw error;
  }
  return choices.length === 0 ? undefined : { choices, masked };
}
