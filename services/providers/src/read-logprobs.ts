import type { LikelyToken, TokenLogprobs } from '@millrace/stage';
import { failed } from './failed.ts';
import { fieldsOf, listOf, textOf } from './read-fields.ts';

/** Of one token of any vocabulary. */
const maxTokenCharacters = 1_024;
const maxAlternatives = 20;
/** As the OpenAI API writes it of a token that was all but impossible. */
const leastLogprob = -9_999;

/** @throws `provider_failed` for what are no log-probabilities */
export function readLogprobs(value: unknown): readonly TokenLogprobs[] | undefined {
  if (value === undefined || value === null) return undefined;
  return listOf(value).map((each) => {
    const alternatives = listOf(fieldsOf(each)['top_logprobs']);
    if (alternatives.length > maxAlternatives) throw wrong();
    return { ...tokenOf(each), top_logprobs: alternatives.map(tokenOf) };
  });
}

function tokenOf(value: unknown): LikelyToken {
  const { token, logprob } = fieldsOf(value);
  const text = textOf(token);
  if (text === undefined || text.length > maxTokenCharacters || typeof logprob !== 'number') throw wrong();
  return { token: text, bytes: bytesOf(value, text), logprob: Math.min(0, Math.max(leastLogprob, logprob)) };
}

function bytesOf(value: unknown, text: string): readonly number[] {
  const { bytes } = fieldsOf(value);
  if (bytes === undefined || bytes === null) return [...Buffer.from(text, 'utf8')];
  const list = listOf(bytes);
  if (list.length > 4 * maxTokenCharacters) throw wrong();
  return list.map((byte) => {
    if (typeof byte === 'number' && Number.isInteger(byte) && byte >= 0 && byte <= 255) return byte;
    throw wrong();
  });
}

const wrong = () => failed('it sent what are no log-probabilities');
