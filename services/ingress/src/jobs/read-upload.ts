import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { FileWriter } from '@millrace/jobs';
import { MillraceError } from '@millrace/runtime';
import { expiresAfterSchema } from './batch-schema.ts';

/** A file that was sent. */
export interface Upload {
  readonly name: string;
  readonly retentionMs: number;
  /** Of its content and its fields. */
  readonly digest: string;
}

export interface UploadSettings {
  readonly fileMaxBytes: number;
  readonly fileRetentionMs: number;
}

const maxNameLength = 255;
const fieldNames = ['purpose', 'expires_after[anchor]', 'expires_after[seconds]'] as const;

/**
 * Makes the reader of an upload: what comes of the file goes to the writer, or nowhere, at the pace of the writer. The reader
 * throws `missing_value`, `invalid_value`, `unsupported_value`, `payload_too_large`.
 */
export function createUploadReader(
  settings: UploadSettings,
): (request: FastifyRequest, writer: FileWriter | undefined) => Promise<Upload> {
  return async (request, writer) => {
    if (!request.isMultipart()) {
      throw new MillraceError(
        'invalid_value',
        'The body must be a form, with content-type: multipart/form-data',
        {
          param: 'content-type',
        },
      );
    }
    const fields = new Map<string, string>();
    const hash = createHash('sha256');
    let name: string | undefined;
    for await (const part of readable(request.parts())) {
      if (part.type === 'file') {
        if (part.fieldname !== 'file') throw unknownField(part.fieldname);
        // A file may come without a name, whatever the type says.
        name = ((part.filename as string | undefined) ?? '').slice(0, maxNameLength);
        for await (const piece of readable(part.file as AsyncIterable<Buffer>)) {
          hash.update(piece);
          await writer?.write(piece);
        }
        if (part.file.truncated) throw tooLarge(settings.fileMaxBytes);
      } else {
        if (part.fieldname === 'file') throw notFile();
        if (!fieldNames.some((known) => known === part.fieldname)) throw unknownField(part.fieldname);
        fields.set(part.fieldname, String(part.value));
      }
    }
    if (name === undefined) throw missing('file');
    requirePurpose(fields.get('purpose'));
    for (const field of fieldNames) hash.update(`\n${fields.get(field) ?? ''}`);
    hash.update(`\n${name}`);
    return {
      name,
      retentionMs: retentionOf(fields, settings.fileRetentionMs),
      digest: hash.digest('base64'),
    };
  };
}

/** What comes of a form, with an error that says so where it is none. */
async function* readable<Item>(source: AsyncIterable<Item>): AsyncGenerator<Item, void, undefined> {
  try {
    yield* source;
  } catch (cause) {
    throw new MillraceError(
      'invalid_value',
      `The body is not a form that can be read: it may have one file and ${fieldNames.length} fields`,
      { cause },
    );
  }
}

function requirePurpose(purpose: string | undefined): void {
  if (purpose === undefined) throw missing('purpose');
  if (purpose === 'batch') return;
  throw new MillraceError('unsupported_value', 'purpose must be batch: files are for batches alone', {
    param: 'purpose',
  });
}

function retentionOf(fields: ReadonlyMap<string, string>, usualMs: number): number {
  const anchor = fields.get('expires_after[anchor]');
  const text = fields.get('expires_after[seconds]');
  if (anchor === undefined && text === undefined) return usualMs;
  const { minimum, maximum } = expiresAfterSchema.properties.seconds;
  const seconds = Number(text);
  if (anchor === 'created_at' && Number.isInteger(seconds) && seconds >= minimum && seconds <= maximum)
    return seconds * 1_000;
  throw new MillraceError(
    'invalid_value',
    `expires_after must have the anchor created_at and seconds from ${minimum} to ${maximum}`,
    { param: 'expires_after' },
  );
}

const missing = (field: string): MillraceError =>
  new MillraceError('missing_value', `${field} is missing`, { param: field });

const notFile = (): MillraceError =>
  new MillraceError('invalid_value', 'file is a text: it must be a file, with a name of its own', {
    param: 'file',
  });

const unknownField = (field: string): MillraceError =>
  new MillraceError(
    'invalid_value',
    `The form has a field that is not known here: it may have file and ${fieldNames.join(', ')}`,
    {
      param: field.slice(0, 64),
    },
  );

const tooLarge = (maxBytes: number): MillraceError =>
  new MillraceError('payload_too_large', `The file is too large: it may have ${maxBytes} bytes`, {
    param: 'file',
  });
