import {
  subjectToken,
  type ActPerformed,
  type AuditRecorded,
  type Codec,
  type RequestClosed,
} from '@millrace/contracts';
import { column, type Cell, type ColumnType } from './column.ts';
import { defineDataset } from './dataset.ts';

interface Source {
  readonly record: AuditRecorded;
  readonly act: ActPerformed | undefined;
  readonly request: RequestClosed | undefined;
}

const ofAct = (name: string, type: ColumnType, meaning: string, pick: (act: ActPerformed) => Cell) =>
  column<Source>(name, type, meaning, ({ act }) => (act === undefined ? null : pick(act)));

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The links of the hash chains. The events themselves, which hold what is sealed, are left out: `millrace audit export` has them. */
export const auditDataset = defineDataset<Source>({
  name: 'audit',
  stream: 'AUDIT',
  subjectOf: (tenant) => `mr.audit.recorded.${tenant === undefined ? '*' : subjectToken(tenant)}`,
  decode(codec, { payload }) {
    const record = codec.decode('audit.recorded', payload);
    return { record, act: actOf(codec, record), request: requestOf(codec, record) };
  },
  filedAt: ({ record }) => record.recorded_at,
  columns: [
    column('tenant', 'text', 'Whose chain it is.', ({ record }) => record.tenant),
    column('sequence', 'long', 'Its place in the chain, from 1.', ({ record }) => record.sequence),
    column('record_id', 'uuid', 'The record.', ({ record }) => record.record_id),
    column('kind', 'text', 'request.closed, act.performed or pii.found.', ({ record }) => record.kind),
    column('subject_id', 'text', 'The request, or the act.', ({ record }) => record.subject_id),
    column('occurred_at', 'moment', 'When it happened.', ({ record }) => record.occurred_at),
    column('recorded_at', 'moment', 'When it was recorded.', ({ record }) => record.recorded_at),
    column(
      'source_stream',
      'text',
      'The stream that the event lies in.',
      ({ record }) => record.source_stream,
    ),
    column('source_sequence', 'long', 'Its place there.', ({ record }) => record.source_sequence),
    ofAct('action', 'text', 'What was done, such as key.create.', (act) => act.action),
    ofAct('object_type', 'text', 'What it was done to: key, user, quota, price.', (act) => act.object_type),
    ofAct('object_id', 'text', 'Which one.', (act) => act.object_id),
    column(
      'actor_key_id',
      'text',
      'The key of who asked or acted.',
      ({ act, request }) => act?.actor.key_id ?? request?.principal.key_id ?? null,
    ),
    column(
      'actor_user_id',
      'text',
      'The user who asked or acted.',
      ({ act, request }) => act?.actor.user_id ?? request?.principal.user_id ?? null,
    ),
    column('model', 'text', 'The model that a request asked for.', ({ request }) => request?.model ?? null),
    column(
      'outcome',
      'text',
      'How a request ended.',
      ({ request }) => request?.outcome.toLowerCase() ?? null,
    ),
    column(
      'amount',
      'money',
      'What a request costs by the price book.',
      ({ record }) => record.charge?.amount ?? null,
    ),
    column('currency', 'text', 'ISO 4217.', ({ record }) => record.charge?.currency ?? null),
    column(
      'price_version',
      'integer',
      'Version of the price.',
      ({ record }) => record.charge?.price_version ?? null,
    ),
    column('previous_hash', 'text', 'Hash of the record before, in hexadecimal digits.', ({ record }) =>
      hex(record.previous_hash),
    ),
    column('hash', 'text', 'Hash of this record.', ({ record }) => hex(record.hash)),
  ],
});

function actOf(codec: Codec, { kind, event }: AuditRecorded): ActPerformed | undefined {
  return kind === 'act.performed' ? codec.decode('act.performed', event) : undefined;
}

function requestOf(codec: Codec, { kind, event }: AuditRecorded): RequestClosed | undefined {
  return kind === 'request.closed' ? codec.decode('request.closed', event) : undefined;
}
