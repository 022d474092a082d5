import { createHash } from 'node:crypto';
import type { Bus } from '@millrace/bus';
import { subjects, type ActPerformed, type Actor, type Codec } from '@millrace/contracts';
import { MillraceError, systemRandom, uuidv7, type Clock } from '@millrace/runtime';

/** An administrative act. Neither secrets nor content belong in it: a chain is never erased. */
export interface Act {
  /** The tenant in whose chain it is recorded; `_system` for what belongs to none, such as a price. */
  readonly tenant: string;
  readonly actor: {
    readonly keyId: string | null;
    readonly userId: string | null;
    readonly roles: readonly string[];
  };
  /** Object and verb: `key.create`, `price.add`, `tenant.export`. */
  readonly action: string;
  readonly objectType: string;
  readonly objectId: string;
  /** Fields as they were, and as they are: plain values, or `digestOf` what is not to be read. At most 64 of at most 1,024 characters. */
  readonly before?: Readonly<Record<string, string>>;
  readonly after?: Readonly<Record<string, string>>;
  /** The request of the admin API. */
  readonly requestId?: string | null;
  /** UUIDv7, and milliseconds since the epoch; by default new and now. Who may record an act again (from an outbox) gives the same both times: it is recorded once. */
  readonly id?: string;
  readonly at?: number;
}

const maxFields = 64;
const maxCharacters = 1_024;
/** API keys, and private keys in PEM. */
const secretPattern = /mr_[0-9A-Za-z]{11}_[0-9A-Za-z]{43}|-----BEGIN [A-Z ]*PRIVATE KEY/u;

/**
 * Has an act appended to the chain of its tenant. When it returns, the act is stored, and the audit service will record it exactly once.
 *
 * @returns the id of the act
 * @throws `invalid_value` naming the field; `unavailable`
 */
export async function recordAct(
  { bus, codec, clock }: { readonly bus: Pick<Bus, 'publish'>; readonly codec: Codec; readonly clock: Clock },
  act: Act,
): Promise<string> {
  const { before = {}, after = {}, at = clock.now(), id = uuidv7(clock, systemRandom) } = act;
  const texts = {
    action: act.action,
    objectType: act.objectType,
    objectId: act.objectId,
    tenant: act.tenant,
  };
  for (const [field, text] of Object.entries(texts)) requireText(field, text);
  for (const [name, fields] of Object.entries({ before, after })) requireFields(name, fields);
  const actor: Actor = { key_id: act.actor.keyId, user_id: act.actor.userId, roles: act.actor.roles };
  const event: ActPerformed = {
    act_id: id,
    tenant: act.tenant,
    at,
    actor,
    action: act.action,
    object_type: act.objectType,
    object_id: act.objectId,
    before,
    after,
    request_id: act.requestId ?? null,
  };
  const subject = subjects.act(act.tenant);
  await bus.publish({
    subject,
    payload: codec.encode('act.performed', event),
    messageId: `${subject}:${id}`,
  });
  return id;
}

/** What stands for a value that is not to be read: `sha256:` and 64 hexadecimal digits. A short secret can be guessed from it. */
export function digestOf(value: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(value).digest('hex')}`;
}

function requireText(field: string, text: string): void {
  if (text === '' || text.length > maxCharacters) {
    const message = `${field} of an act has from 1 to ${maxCharacters} characters; this one has ${text.length}.`;
    throw new MillraceError('invalid_value', message, { param: field });
  }
}

function requireFields(name: string, fields: Readonly<Record<string, string>>): void {
  const entries = Object.entries(fields);
  if (entries.length > maxFields) {
    const message = `${name} of an act has at most ${maxFields} fields; this one has ${entries.length}.`;
    throw new MillraceError('invalid_value', message, { param: name });
  }
  for (const [field, value] of entries) {
    const param = `${name}.${field}`;
    if (value.length > maxCharacters) {
      const message = `${param} of an act has at most ${maxCharacters} characters; this one has ${value.length}: put its digest there.`;
      throw new MillraceError('invalid_value', message, { param });
    }
    if (secretPattern.test(value)) {
      const message = `${param} of an act looks like a secret, which must not be recorded: leave it out, or put its digest there.`;
      throw new MillraceError('invalid_value', message, { param });
    }
  }
}
