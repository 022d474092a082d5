import { matchesOf } from '../matches-of.ts';
import type { Recognizer } from '../recognizer.ts';

const beginning =
  /(?<![\p{L}\p{N}@])(?:(?:https?|ftps?|wss?|sftp|ssh|git|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|redis|amqps?):\/\/|www\d?\.)[^\s<>"`{}|\\^]{3,2048}/giu;
/** Without a scheme, only with a path behind a usual top-level domain: `index.ts` and `config.ai` are files. */
const bare =
  /(?<![\p{L}\p{N}@./:_-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,4}(?:com|org|net|io|dev|app|me|info|biz|edu|gov|eu|de|fr|es|it|uk|us|ca|au|br|in|nl|ch|at|be|pt|pl|se|co)(?::\d{2,5})?\/[^\s<>"`{}|\\^]{1,2048}/giu;

/** URLs with a scheme or `www.`, with port, path and query; and those without, where there is a path. */
export const urls: Recognizer = {
  types: ['URL'],
  *find({ text }) {
    if (text.includes('://') || /www\d?\./iu.test(text)) {
      for (const { index, 0: value } of matchesOf(text, beginning)) {
        const length = trimmed(value);
        if (
          /[\p{L}\p{N}\]]/u.test(value.slice(value.indexOf('://') < 0 ? 4 : value.indexOf('://') + 3, length))
        )
          yield { type: 'URL', start: index, end: index + length, score: 0.9 };
      }
    }
    if (!text.includes('/')) return;
    for (const { index, 0: value } of matchesOf(text, bare))
      yield { type: 'URL', start: index, end: index + trimmed(value), score: 0.6 };
  },
};

/** Length without the punctuation of the sentence around it, and without a bracket that was opened before it. */
function trimmed(value: string): number {
  let end = value.length;
  for (;;) {
    const last = value[end - 1] as string;
    const kept = value.slice(0, end);
    const isUnbalanced =
      (last === ')' && countOf(kept, ')') > countOf(kept, '(')) ||
      (last === ']' && countOf(kept, ']') > countOf(kept, '['));
    if (end > 1 && (/[.,;:!?'*_]/u.test(last) || isUnbalanced)) end -= 1;
    else return end;
  }
}

const countOf = (text: string, character: string): number => text.split(character).length;
