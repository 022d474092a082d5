import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { MillraceError } from '@millrace/runtime';

export type AuditCommand =
  | { readonly kind: 'audit-help' }
  | { readonly kind: 'audit-export'; readonly tenant: string; readonly to: string }
  | {
      readonly kind: 'audit-verify';
      readonly file: string;
      /** Files of public keys, or keys themselves. */
      readonly keys: readonly string[];
      readonly checkpoints: readonly string[];
      readonly receipts: readonly string[];
    }
  | { readonly kind: 'audit-receipt'; readonly id: string; readonly tenant?: string; readonly to?: string }
  | { readonly kind: 'audit-public-key' }
  | { readonly kind: 'explain'; readonly id: string; readonly tenant?: string };

export const auditHelpText = `What was decided, and the proof of it.

npm run millrace -- explain ID                       one request, or administrative act: decisions, times, tokens, price, place in the chain
npm run millrace -- audit export --tenant T --to FILE    the chain of a tenant and its checkpoints, as far as they are signed
npm run millrace -- audit verify FILE --key KEY      verifies an export, or a receipt, offline, and names the first record that is not as it was signed
npm run millrace -- audit receipt ID --to FILE       the signed receipt of a request or act
npm run millrace -- audit public-key                 the public keys; give them to whoever verifies, once

ID is the id of a request (x-request-id) or of an act. KEY is a file of public keys, or one such as ed25519:….

  --json             one JSON object instead of text; errors too, on the standard error
  --tenant T         the tenant; explain and receipt look in all chains without it
  --to FILE          where to write; a file that is there is not written over
  --key KEY          verify: a public key that is trusted; several times after keys have changed
  --checkpoints FILE verify: checkpoints that were kept elsewhere (MILLRACE_AUDIT_CHECKPOINT_FILE), against which a tail shows that was cut off
  --receipt FILE     verify: the same with a receipt
  -h, --help         this text

verify needs no connection. The others take NATS_URL (with NATS_USER and NATS_PASSWORD, where NATS has users), or the NATS of the npm start that runs on MILLRACE_DATA_DIR (.millrace).

  npm run millrace -- audit public-key > keys.txt
  npm run millrace -- audit export --tenant default --to chain.jsonl
  npm run millrace -- audit verify chain.jsonl --key keys.txt

Exit codes: 0 done, all holds; 1 an error, or something does not hold; 2 the command line is wrong.
`;

const common = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
const tenant = { tenant: { type: 'string' } } as const;
const to = { to: { type: 'string' } } as const;
const several = { type: 'string', multiple: true } as const;
const optionsOf: Readonly<Record<string, ParseArgsOptionsConfig>> = {
  export: { ...common, ...tenant, ...to },
  verify: { ...common, key: several, checkpoints: several, receipt: several },
  receipt: { ...common, ...tenant, ...to },
  'public-key': common,
};

/**
 * Reads the arguments from `audit` or `explain` on.
 *
 * @throws MillraceError `config_invalid`, in one sentence
 */
export function parseAudit(args: readonly string[]): AuditCommand {
  const [group, ...rest] = args;
  if (group === 'explain') return parseExplain(rest);
  const [verb, ...more] = rest;
  if (verb === undefined || verb === '--help' || verb === '-h') return { kind: 'audit-help' };
  const options = Object.hasOwn(optionsOf, verb) ? optionsOf[verb] : undefined;
  if (options === undefined) throw wrong(`audit needs one of ${Object.keys(optionsOf).join(', ')}.`);
  const { values, positionals } = parse(more, options);
  if (values['help'] === true) return { kind: 'audit-help' };
  const [subject, ...others] = positionals;
  const takesSubject = verb === 'verify' || verb === 'receipt';
  if (others.length > 0 || (subject !== undefined && !takesSubject)) {
    throw wrong(`audit ${verb} takes ${takesSubject ? 'one argument' : 'no argument'} beside its options.`);
  }
  if (verb === 'public-key') return { kind: 'audit-public-key' };
  if (verb === 'export') {
    return { kind: 'audit-export', tenant: need(values, 'tenant', verb), to: need(values, 'to', verb) };
  }
  if (subject === undefined) throw wrong(`audit ${verb} needs ${verb === 'verify' ? 'a file' : 'an id'}.`);
  if (verb === 'receipt')
    return { kind: 'audit-receipt', id: subject, ...pick(values, 'tenant'), ...pick(values, 'to') };
  const keys = all(values, 'key');
  if (keys.length === 0) throw wrong('audit verify needs --key: the public key that you trust.');
  const checkpoints = all(values, 'checkpoints');
  return { kind: 'audit-verify', file: subject, keys, checkpoints, receipts: all(values, 'receipt') };
}

function parseExplain(args: readonly string[]): AuditCommand {
  const { values, positionals } = parse(args, { ...common, ...tenant });
  if (values['help'] === true) return { kind: 'audit-help' };
  const [id, ...others] = positionals;
  if (id === undefined || others.length > 0) throw wrong('explain takes the id of one request or act.');
  return { kind: 'explain', id, ...pick(values, 'tenant') };
}

type Values = Readonly<Record<string, unknown>>;

function pick<const Name extends string>(values: Values, name: Name): Partial<Record<Name, string>> {
  const value = values[name];
  return typeof value === 'string' ? ({ [name]: value } as Record<Name, string>) : {};
}

function need(values: Values, name: string, verb: string): string {
  const value = values[name];
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(`audit ${verb} needs --${name}.`);
}

function all(values: Values, name: string): readonly string[] {
  return (values[name] as readonly string[] | undefined) ?? [];
}

function parse(args: readonly string[], options: ParseArgsOptionsConfig) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (cause) {
    throw wrong(`${(cause as Error).message.split('. ')[0]}.`, cause);
  }
}

function wrong(message: string, cause?: unknown): MillraceError {
  return new MillraceError('config_invalid', `${message} See audit --help.`, { cause });
}
