import { MillraceError } from '@millrace/runtime';

export const exportFormat = 'millrace-audit/1';

/** The first line of an export. */
export interface ExportHead {
  readonly format: typeof exportFormat;
  readonly tenant: string;
  /** Milliseconds since the epoch. */
  readonly exported_at: number;
  /** Records in the file: those that are signed. */
  readonly records: number;
  /** Records at the end of the chain that no checkpoint covered yet; they are not in the file. */
  readonly unsigned: number;
}

/** A line of an export, which is JSON Lines: first the head, then the checkpoints and the records, in base64 of what is stored. */
export type ExportLine = ExportHead | { readonly checkpoint: string } | { readonly record: string };

export function writeLine(line: ExportLine): string {
  return `${JSON.stringify(line)}\n`;
}

/** What a line of an export, or of a file of checkpoints, holds. */
export type ReadLine =
  | { readonly kind: 'head'; readonly tenant: string }
  | { readonly kind: 'checkpoint' | 'record'; readonly payload: Uint8Array };

/**
 * Reads a line. Fields that it does not know are left aside.
 *
 * @param number of the line, for the error
 * @throws `invalid_value`
 */
export function readLine(text: string, number: number): ReadLine {
  const { format, tenant, checkpoint, record } = parse(text, number);
  if (format === exportFormat && typeof tenant === 'string') return { kind: 'head', tenant };
  if (typeof record === 'string') return { kind: 'record', payload: Buffer.from(record, 'base64') };
  if (typeof checkpoint === 'string')
    return { kind: 'checkpoint', payload: Buffer.from(checkpoint, 'base64') };
  const message = `Line ${number} has neither format ${exportFormat} nor a checkpoint nor a record.`;
  throw new MillraceError('invalid_value', message);
}

function parse(text: string, number: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw new MillraceError('invalid_value', `Line ${number} is not JSON.`, { cause });
  }
  throw new MillraceError('invalid_value', `Line ${number} is not a JSON object.`);
}
