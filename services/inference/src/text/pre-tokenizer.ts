import { MillraceError } from '@millrace/runtime';

/** White space as Unicode has it (property White_Space); JavaScript's `\s` has U+FEFF more and U+0085 less. */
const space = String.raw`\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;

/** GPT-2's pattern (https://github.com/openai/gpt-2/blob/master/src/encoder.py). */
const gpt2Pattern = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^${space}\p{L}\p{N}]+|[${space}]+(?![^${space}])|[${space}]+`;

/**
 * Makes the splitter that a `pre_tokenizer` of `tokenizer.json` describes: text to the pieces within which BPE merges.
 *
 * It splits as Hugging Face's own tokenizers and llama.cpp do, where the JavaScript library differs: a digit is every
 * character of Unicode's category N (`²`, `½`, `٣`), and white space is the property White_Space.
 *
 * @param preTokenizer a `ByteLevel`, `Digits` or `Split` (isolated) pre-tokenizer, or a `Sequence` of such
 * @throws MillraceError model_invalid for any other
 */
export function createPreTokenizer(preTokenizer: unknown): (text: string) => readonly string[] {
  const patterns = readPatterns(preTokenizer);
  return (text) => patterns.reduce<readonly string[]>(splitAll, [text]);
}

function splitAll(pieces: readonly string[], pattern: RegExp): readonly string[] {
  const result: string[] = [];
  for (const piece of pieces) {
    let end = 0;
    for (const match of piece.matchAll(pattern)) {
      if (end < match.index) result.push(piece.slice(end, match.index));
      if (match[0] !== '') result.push(match[0]);
      end = match.index + match[0].length;
    }
    if (end < piece.length) result.push(piece.slice(end));
  }
  return result;
}

function readPatterns(preTokenizer: unknown): RegExp[] {
  const fields = asRecord(preTokenizer);
  switch (fields['type']) {
    case 'Sequence':
      if (Array.isArray(fields['pretokenizers'])) return fields['pretokenizers'].flatMap(readPatterns);
      break;
    case 'Digits':
      return [compile(fields['individual_digits'] === true ? String.raw`\p{N}` : String.raw`\p{N}+`)];
    case 'ByteLevel':
      if (fields['add_prefix_space'] === true) break;
      return fields['use_regex'] === false ? [] : [compile(gpt2Pattern)];
    case 'Split': {
      const pattern = asRecord(fields['pattern'])['Regex'];
      if (fields['behavior'] !== 'Isolated' || fields['invert'] === true) break;
      if (typeof pattern === 'string') return [compile(withUnicodeSpace(pattern))];
      break;
    }
    default:
  }
  throw new MillraceError(
    'model_invalid',
    `The pre-tokenizer ${JSON.stringify(preTokenizer)} is not supported`,
  );
}

/** The pattern with `\s` and `\S` spelled out as Unicode has white space; `\S` within a class is left as it is. */
function withUnicodeSpace(pattern: string): string {
  let inClass = false;
  return pattern.replaceAll(/\\.|[[\]]/gsu, (part) => {
    if (part === '[' || part === ']') inClass = part === '[';
    else if (part === String.raw`\s`) return inClass ? space : `[${space}]`;
    else if (part === String.raw`\S` && !inClass) return `[^${space}]`;
    return part;
  });
}

function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'gu');
  } catch (error) {
    throw new MillraceError('model_invalid', `The pattern ${pattern} of the pre-tokenizer is not supported`, {
      cause: error,
    });
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
