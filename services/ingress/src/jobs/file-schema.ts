import { listParameters } from './list-query.ts';

const { limit, ...page } = listParameters('file-');

export const fileListParameters = {
  ...page,
  limit: { ...limit, maximum: 10_000, default: 10_000 },
  purpose: { enum: ['batch', 'batch_output'], description: 'Only files of this purpose.' },
} as const;

const time = { type: 'integer', description: 'Seconds since the epoch.' } as const;

export const fileSchema = {
  title: 'File',
  type: 'object',
  required: ['id', 'object', 'bytes', 'created_at', 'filename', 'purpose', 'status'],
  additionalProperties: false,
  properties: {
    id: { type: 'string' },
    object: { const: 'file' },
    bytes: { type: 'integer', minimum: 0 },
    created_at: time,
    expires_at: { ...time, description: 'When it is removed, in seconds since the epoch.' },
    filename: { type: 'string' },
    purpose: { enum: ['batch', 'batch_output'] },
    status: { const: 'processed' },
    status_details: { type: 'null' },
  },
} as const;

/** The fields of an upload. */
export const uploadSchema = {
  title: 'Upload',
  type: 'object',
  required: ['file', 'purpose'],
  additionalProperties: false,
  properties: {
    file: { type: 'string', format: 'binary', description: 'JSON lines.' },
    purpose: { enum: ['batch'], description: 'What it is for.' },
    'expires_after[anchor]': { enum: ['created_at'], description: 'From when on it is kept.' },
    'expires_after[seconds]': {
      type: 'string',
      pattern: '^[0-9]{1,10}$',
      description: 'How long it is kept, from 3600 to 2592000.',
    },
  },
} as const;
