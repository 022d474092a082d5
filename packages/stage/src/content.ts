import type { SealingBox } from '@millrace/sealing';

/** What a client wants answered. Sealed wherever it is stored. */
export interface RequestContent {
  readonly messages: readonly ChatMessage[];
  /** Strings at which the answer ends. */
  readonly stop: readonly string[];
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** What a chunk carries: ids of tokens are content too. */
export interface ChunkContent {
  readonly text: string;
  readonly tokens: readonly number[];
}

/** Placeholder to original. */
export type MaskedContent = Readonly<Record<string, string>>;

type Field = 'request' | 'chunk' | 'masked' | 'digest';

interface ContentOf {
  readonly request: RequestContent;
  readonly chunk: ChunkContent;
  readonly masked: MaskedContent;
  /** SHA-256 of the answer in UTF-8, in hexadecimal. */
  readonly digest: string;
}

/** Seals content to the request and the field that it belongs to, so that it opens nowhere else. */
export function sealContent<F extends Field>(
  box: SealingBox,
  requestId: string,
  field: F,
  content: ContentOf[F],
): Uint8Array {
  return box.seal(Buffer.from(JSON.stringify(content), 'utf8'), `${requestId}:${field}`);
}

/** @throws `decryption_failed`, `key_erased` */
export function openContent<F extends Field>(
  box: SealingBox,
  requestId: string,
  field: F,
  sealed: Uint8Array,
): ContentOf[F] {
  return JSON.parse(Buffer.from(box.open(sealed, `${requestId}:${field}`)).toString('utf8')) as ContentOf[F];
}
