import type { Bus } from '@millrace/bus';
import type { Codec, DeadLetter } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import type { Sealing } from '@millrace/sealing';
import {
  openContent,
  systemTenant,
  type MaskedContent,
  type RequestContent,
  type RequestEvent,
  type RequestEventName,
} from '@millrace/stage';
import { restoreContent } from './restore-content.ts';
import type { LetterRow } from './replay-kind.ts';

export interface OpeningDependencies {
  readonly bus: Bus;
  readonly codec: Codec;
  readonly sealing: Sealing;
}

/** A letter out of its stream, with the message as it was. */
export interface OpenedLetter {
  readonly letter: DeadLetter;
  readonly payload: Uint8Array;
}

/** A request that was in a letter. */
export interface OpenedRequest {
  readonly event: RequestEvent;
  /** As its client has written it; with placeholders where what they stand for is not known. */
  readonly content: RequestContent;
  /** Whether there are such placeholders. */
  readonly isMasked: boolean;
}

const eventOfStream: Readonly<Record<string, RequestEventName>> = {
  RECEIVED: 'request.received',
  ADMITTED: 'request.admitted',
  SCRUBBED: 'request.scrubbed',
};

/**
 * Reads a letter and opens it.
 *
 * @throws `request_not_found` where it is gone from the stream, `key_erased`, `decryption_failed`, `message_corrupt`, `schema_unknown`
 */
export async function openLetter(
  { bus, codec, sealing }: OpeningDependencies,
  { id, diedAt }: Pick<LetterRow, 'id' | 'diedAt'>,
): Promise<OpenedLetter> {
  for await (const stored of bus.read('DEADLETTER', 'mr.deadletter.>', { fromSequence: id })) {
    if (stored.sequence !== id) break;
    const letter = codec.decode('dead.letter', stored.payload);
    if (letter.at !== diedAt.getTime()) break;
    const box = await sealing.forTenant(letter.tenant ?? systemTenant);
    const message = box.open(letter.payload, `dead-letter:${letter.stream}:${letter.sequence}`);
    if (letter.stream !== 'RETURNED') return { letter, payload: message };
    // It was given up once more: what counts is the message that was handed back.
    const returned = codec.decode('letter.returned', message);
    const { stream, subject } = returned;
    return { letter: { ...letter, stream, subject, sequence: returned.sequence }, payload: returned.payload };
  }
  throw new MillraceError(
    'request_not_found',
    `The message of the dead letter ${id} is gone from its stream.`,
    {
      param: 'letter',
    },
  );
}

/** The request in a letter. @throws `key_erased`, `decryption_failed`, `message_corrupt`, `schema_unknown` */
export async function openRequest(
  { codec, sealing }: Pick<OpeningDependencies, 'codec' | 'sealing'>,
  { letter, payload }: OpenedLetter,
): Promise<OpenedRequest> {
  const name = eventOfStream[letter.stream];
  if (name === undefined) throw new Error(`what lies in ${letter.stream} is no request`);
  const event = codec.decode(name, payload);
  const { tenant, request_id: requestId, principal } = event;
  const box = await sealing.forUser(tenant, principal.user_id);
  const content = openContent(box, requestId, 'request', event.content);
  const hasPlaceholders = 'personal_data' in event && event.personal_data.length > 0;
  if (letter.masked === null) return { event, content, isMasked: hasPlaceholders };
  const masked: MaskedContent = openContent(box, requestId, 'masked', letter.masked);
  return { event, content: restoreContent(content, masked), isMasked: false };
}
