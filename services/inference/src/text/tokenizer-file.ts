import { MillraceError } from '@millrace/runtime';

/** The parts of Hugging Face's `tokenizer.json` that are read here. The names are those of the file. */
export interface TokenizerFile {
  readonly added_tokens: readonly {
    readonly id: number;
    readonly content: string;
    /** False for one that is text when it is decoded. */
    readonly special?: boolean;
  }[];
  readonly normalizer: unknown;
  readonly pre_tokenizer: unknown;
  readonly post_processor: unknown;
  readonly decoder: unknown;
  readonly model: {
    readonly type: 'BPE';
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly unknown[];
  };
}

/**
 * @param path named in the errors
 * @throws MillraceError model_invalid if it is not a `tokenizer.json` with a BPE model and no normaliser
 */
export function readTokenizerFile(text: string, path: string): TokenizerFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new MillraceError('model_invalid', `${path} is not JSON`, { cause: error });
  }
  if (!isTokenizerFile(value)) {
    throw new MillraceError('model_invalid', `${path} is not a byte-level BPE tokenizer`);
  }
  if (value.normalizer !== null && value.normalizer !== undefined) {
    throw new MillraceError('model_invalid', `${path} has a normaliser, which is not supported`);
  }
  return value;
}

function isTokenizerFile(value: unknown): value is TokenizerFile {
  if (!isRecord(value) || !isRecord(value['model']) || !Array.isArray(value['added_tokens'])) return false;
  const { type, vocab, merges } = value['model'];
  if (type !== 'BPE' || !isRecord(vocab) || !Array.isArray(merges)) return false;
  return (
    Object.values(vocab).every(isTokenId) &&
    value['added_tokens'].every(
      (token) => isRecord(token) && isTokenId(token['id']) && typeof token['content'] === 'string',
    )
  );
}

function isTokenId(value: unknown): value is number {
  return Number.isInteger(value) && typeof value === 'number' && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
