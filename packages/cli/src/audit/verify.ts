import path from 'node:path';
import {
  checkReceipt,
  parsePublicKeys,
  parseReceipt,
  verifyExport,
  type ExportVerification,
  type PublicKeys,
  type Receipt,
} from '@millrace/audit-log';
import { createCodec } from '@millrace/contracts';
import type { Outcome } from '../outcome.ts';
import type { ServerSettings } from '../server-settings.ts';
import { linesOf, textOf } from './files.ts';
import { brokenWords, checkpointWords, receiptWords, timeText } from './words.ts';

export interface VerifyAudit {
  readonly file: string;
  readonly keys: readonly string[];
  readonly checkpoints: readonly string[];
  readonly receipts: readonly string[];
}

/** Verifies an export or a receipt, offline. */
export async function verifyAudit(command: VerifyAudit, settings: ServerSettings): Promise<Outcome> {
  const at = (file: string): string => path.resolve(settings.workingFolder, file);
  const codec = createCodec();
  const keys = await readKeys(command.keys, at);
  const file = at(command.file);
  if (await isReceipt(file)) return receiptOutcome(codec, parseReceipt(await textOf(file)), keys);
  const checkpoints = await Promise.all(command.checkpoints.map((each) => textOf(at(each))));
  const receipts = await Promise.all(
    command.receipts.map(async (each) => parseReceipt(await textOf(at(each)))),
  );
  const verification = await verifyExport(linesOf(file), {
    codec,
    keys,
    checkpoints: checkpoints.flatMap((text) => text.split('\n').filter((line) => line.trim() !== '')),
    receipts,
  });
  return { text: describe(verification), json: verification, isGood: verification.verified };
}

async function readKeys(sources: readonly string[], at: (file: string) => string): Promise<PublicKeys> {
  const texts = await Promise.all(
    sources.map(async (source) => (source.startsWith('ed25519:') ? source : textOf(at(source)))),
  );
  return new Map(texts.flatMap((text) => [...parsePublicKeys(text)]));
}

/** A receipt is one object; the first line of an export has a tenant. */
async function isReceipt(file: string): Promise<boolean> {
  for await (const line of linesOf(file)()) return !line.includes('"millrace-audit/');
  return false;
}

function receiptOutcome(codec: ReturnType<typeof createCodec>, receipt: Receipt, keys: PublicKeys): Outcome {
  const checked = checkReceipt(codec, receipt, keys);
  if (checked.problem !== undefined) {
    const { problem } = checked;
    return {
      text: `The receipt ${receiptWords[problem]}.\n`,
      json: { verified: false, problem },
      isGood: false,
    };
  }
  const { record, checkpoint } = checked;
  const json = {
    verified: true,
    tenant: record.tenant,
    sequence: record.sequence,
    kind: record.kind,
    subject_id: record.subject_id,
    occurred_at: record.occurred_at,
    charge: record.charge,
    signed_at: checkpoint.at,
    key_id: checkpoint.key_id,
  };
  const text = `The receipt holds: ${record.kind} ${record.subject_id} is record ${record.sequence} of ${record.tenant}, signed ${timeText(checkpoint.at)} by the key ${checkpoint.key_id}.\n`;
  return { text, json, isGood: true };
}

function describe({
  tenant,
  records,
  checkpoints,
  signed,
  verified,
  firstBroken,
  brokenCheckpoints,
  brokenReceipts,
}: ExportVerification): string {
  const lines = [`${tenant}: records ${records}, checkpoints ${checkpoints}.`];
  if (signed !== undefined) {
    lines.push(
      `Signed through record ${signed.records}, ${timeText(signed.at)}, by the key ${signed.keyId}.`,
    );
  }
  if (firstBroken !== undefined)
    lines.push(`BROKEN: ${whichOf(firstBroken)} ${brokenWords[firstBroken.reason]}.`);
  for (const { place, size, reason } of brokenCheckpoints) {
    const of = size === undefined ? '' : `, of ${size} records,`;
    lines.push(`BROKEN: checkpoint ${place}${of} ${checkpointWords[reason]}.`);
  }
  for (const { place, reason } of brokenReceipts)
    lines.push(`BROKEN: receipt ${place} ${receiptWords[reason]}.`);
  if (verified) lines.push('Every record is the one that was signed, and none is missing before the last.');
  return `${lines.join('\n')}\n`;
}

function whichOf({ sequence, through, reason }: NonNullable<ExportVerification['firstBroken']>): string {
  if (through === undefined) return `record ${sequence}`;
  return `${reason === 'rewritten' ? 'one' : 'each'} of records ${sequence} to ${through}`;
}
