import type { StoredFile } from './file-store.ts';
import { seconds } from './show-job.ts';

/** A file as the OpenAI API shows it. Times are in seconds since the epoch. */
export interface ShownFile {
  readonly id: string;
  readonly object: 'file';
  readonly bytes: number;
  readonly created_at: number;
  readonly expires_at: number;
  readonly filename: string;
  readonly purpose: StoredFile['purpose'];
  readonly status: 'processed';
  readonly status_details: null;
}

export function showFile(file: StoredFile): ShownFile {
  return {
    id: file.id,
    object: 'file',
    bytes: file.bytes,
    created_at: seconds(file.createdAt),
    expires_at: seconds(file.expiresAt),
    filename: file.name,
    purpose: file.purpose,
    status: 'processed',
    status_details: null,
  };
}
