import {
  createMasker,
  defaultPiiPolicy,
  detectorOf,
  replaceInValue,
  type PiiPolicy,
} from '@millrace/pii-policy';
import { MillraceError } from '@millrace/runtime';
import { openLetter, openRequest, type OpenedLetter, type OpeningDependencies } from './open-letter.ts';
import { replayKindOf, type LetterRow } from './replay-kind.ts';

/** What is in a letter, for people to look at. */
export interface ShownContent {
  /** What is known of the message without its content. */
  readonly facts: Readonly<Record<string, unknown>> | null;
  readonly headers: Readonly<Record<string, string>>;
  /** With placeholders in the place of personal data that is found; null where there is none to show. */
  readonly content: unknown;
  /** Why there is no content: an error code, or null. */
  readonly content_gone: string | null;
}

/** Whoever looks at a letter needs neither names nor addresses, whatever the tenant's policy is. */
const shownPolicy: PiiPolicy = {
  ...defaultPiiPolicy,
  actions: { PERSON: 'replace', ORGANIZATION: 'replace', LOCATION: 'replace', STREET_ADDRESS: 'replace' },
};

/** Longest text of a raw message that is shown, in UTF-16 code units. */
const longestText = 64 * 1024;

/**
 * What is in a letter, with personal data masked. What cannot be opened any more is said to be so.
 *
 * @throws `unavailable`
 */
export async function showContent(dependencies: OpeningDependencies, row: LetterRow): Promise<ShownContent> {
  let headers: ShownContent['headers'] = {};
  try {
    const opened = await openLetter(dependencies, row);
    const { mask, maskAll } = createMask();
    headers = maskAll(opened.letter.headers);
    switch (replayKindOf(row)) {
      case 'request':
        return { headers, content_gone: null, ...(await showRequest(dependencies, opened, maskAll)) };
      case 'stage':
        return { headers, content_gone: null, content: null, facts: showEnded(dependencies, opened) };
      case 'intake':
      case 'none':
        return { headers, content_gone: null, content: mask(textOf(opened.payload)), facts: null };
    }
  } catch (error) {
    if (!(error instanceof MillraceError) || error.retryable) throw error;
    return { facts: null, headers, content: null, content_gone: error.code };
  }
}

async function showRequest(
  dependencies: OpeningDependencies,
  opened: OpenedLetter,
  maskAll: <Value>(value: Value) => Value,
): Promise<Pick<ShownContent, 'facts' | 'content'>> {
  const { event, content } = await openRequest(dependencies, opened);
  return {
    content: maskAll(content),
    facts: {
      operation: event.operation,
      model: event.model,
      priority: event.priority,
      transport: event.transport,
      key: event.principal.key_id,
      user: event.principal.user_id,
      received_at: new Date(event.received_at).toISOString(),
      deadline_at: new Date(event.deadline_at).toISOString(),
      characters_in: event.characters_in,
      replay_of: event.replay_of,
      parameters: event.parameters,
      trail: event.trail,
    },
  };
}

/** A closing or an act has no content. */
function showEnded(
  { codec }: OpeningDependencies,
  { letter, payload }: OpenedLetter,
): Readonly<Record<string, unknown>> {
  if (letter.stream === 'ACTS') {
    const { act_id, tenant, action, object_type, object_id, at } = codec.decode('act.performed', payload);
    return { act_id, tenant, action, object_type, object_id, at: new Date(at).toISOString() };
  }
  const { text_digest: _digest, trail: _trail, ...closing } = codec.decode('request.closed', payload);
  return {
    ...closing,
    received_at: new Date(closing.received_at).toISOString(),
    closed_at: new Date(closing.closed_at).toISOString(),
  };
}

/** The same value gets the same placeholder throughout. */
function createMask() {
  const masker = createMasker({
    policy: shownPolicy,
    direction: 'input',
    detect: detectorOf(shownPolicy, 'input'),
    taken: () => false,
    hash: () => '',
  });
  const mask = (text: string): string => masker.mask(text);
  return { mask, maskAll: <Value>(value: Value): Value => replaceInValue(value, mask) };
}

/** What is no text is shown as far as it is one. */
function textOf(payload: Uint8Array): string {
  return Buffer.from(payload).toString('utf8').slice(0, longestText);
}
