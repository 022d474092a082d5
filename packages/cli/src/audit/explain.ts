import { explain, type Explanation } from '@millrace/audit-log';
import type { ActPerformed, Decision, RequestClosed } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import { formatColumns } from '../columns.ts';
import type { Outcome } from '../outcome.ts';
import type { ServerSettings } from '../server-settings.ts';
import { connected } from './connect.ts';
import { timeText } from './words.ts';

/** Shows the whole way of a request, or an act. */
export async function explainAudit(
  { id, tenant }: { readonly id: string; readonly tenant?: string },
  settings: ServerSettings,
): Promise<Outcome> {
  const explanation = await connected(settings, (connection) =>
    explain(connection, id, tenant === undefined ? {} : { tenant }),
  );
  if (explanation === undefined) {
    const where = tenant === undefined ? '' : ` of ${tenant}`;
    throw new MillraceError('request_not_found', `${id} is not on record${where}.`);
  }
  return { text: describe(explanation), json: plain(explanation), isGood: true };
}

function describe({ record, closing, admission, findings, act, receipt }: Explanation): string {
  const rows: string[][] = [
    [record.kind, record.subject_id],
    ['tenant', record.tenant],
    ...(closing === undefined ? [] : closingRows(closing)),
    ...(act === undefined ? [] : actRows(act)),
  ];
  if (record.charge !== null) {
    const { amount, currency, price_version } = record.charge;
    rows.push(['price', `${amount} ${currency}, by version ${price_version} of the price`]);
  }
  if (admission !== undefined) {
    const { reserved_tokens, reserved_amount, param } = admission;
    rows.push(['reserved', `${reserved_tokens} tokens, ${reserved_amount}`]);
    if (param !== null) rows.push(['limit', param]);
  }
  if (findings !== undefined) {
    const kinds = findings.found.findings.map(({ type, action, count }) => `${type}.${action}=${count}`);
    rows.push(['in the answer', `${kinds.join(' ')}, by record ${findings.record.sequence}`]);
  }
  rows.push(
    ['chain', `record ${record.sequence}, ${Buffer.from(record.hash).toString('hex')}`],
    ['recorded', timeText(record.recorded_at)],
    [
      'receipt',
      receipt === undefined
        ? 'none yet: no checkpoint covers the record'
        : `millrace audit receipt ${record.subject_id}`,
    ],
  );
  const trail = closing === undefined ? '' : `\n${formatColumns(closing.trail.map(decisionRow))}`;
  return formatColumns(rows) + trail;
}

function closingRows(closing: RequestClosed): string[][] {
  const { usage, timings, finish_reason, failure, principal } = closing;
  const reason = failure?.code ?? finish_reason;
  const first = timings.time_to_first_token_ms;
  return [
    [
      'asked by',
      `key ${principal.key_id}${principal.user_id === null ? '' : `, user ${principal.user_id}`}, over ${closing.transport}`,
    ],
    ['outcome', `${closing.outcome}${reason === null ? '' : ` (${reason})`}`],
    [
      'model',
      `${closing.served_by ?? closing.model}${closing.model_version === null ? '' : ` ${closing.model_version}`}, ${closing.operation}`,
    ],
    [
      'tokens',
      `${usage.input_tokens} in (${usage.cached_input_tokens} cached), ${usage.output_tokens} out, counted by ${usage.source}`,
    ],
    [
      'time',
      `queue ${ms(timings.queue_ms)}, prefill ${ms(timings.prefill_ms)}${first === null ? '' : `, first token ${ms(first)}`}, total ${ms(timings.total_ms)}`,
    ],
    ['received', timeText(closing.received_at)],
    ['closed', timeText(closing.closed_at)],
  ];
}

function actRows(act: ActPerformed): string[][] {
  const { key_id, user_id, roles } = act.actor;
  return [
    ['action', `${act.action} ${act.object_type} ${act.object_id}`],
    [
      'by',
      `${[user_id, key_id].filter((id) => id !== null).join(', key ') || 'the operator'} (${roles.join(', ')})`,
    ],
    ['at', timeText(act.at)],
    ['before', fieldsText(act.before)],
    ['after', fieldsText(act.after)],
    ...(act.request_id === null ? [] : [['request', act.request_id]]),
  ];
}

function fieldsText(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function decisionRow({ at, stage, outcome, code, facts }: Decision): string[] {
  return [timeText(at), stage, outcome, [...(code === null ? [] : [code]), fieldsText(facts)].join(' ')];
}

function ms(duration: number): string {
  return `${Math.round(duration)} ms`;
}

/** Bytes as base64: an explanation is JSON then. */
function plain(explanation: Explanation): object {
  return JSON.parse(
    JSON.stringify(explanation, function (this: Readonly<Record<string, unknown>>, key, value: unknown) {
      const own = this[key];
      return own instanceof Uint8Array ? Buffer.from(own).toString('base64') : value;
    }),
  ) as object;
}
