import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnswerText } from './answer-text.ts';

describe('createAnswerText', () => {
  it('lets only through what was not published before, wherever the engine cuts its text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.array(fc.nat()), (published, rest, cuts) => {
        const whole = published + rest;
        const answer = createAnswerText(published);
        const borders = [
          0,
          ...cuts.map((cut) => cut % (whole.length + 1)).toSorted((a, b) => a - b),
          whole.length,
        ];
        let fresh = '';
        for (let index = 1; index < borders.length; index += 1) {
          fresh += answer.accept(whole.slice(borders[index - 1], borders[index]));
        }
        expect(fresh).toBe(rest);
        expect(answer.length).toBe(whole.length);
        expect(answer.digest()).toBe(createHash('sha256').update(whole).digest('hex'));
      }),
    );
  });

  it('refuses an engine that says something else than was published', () => {
    const answer = createAnswerText('The capital');
    expect(answer.accept('The ')).toBe('');
    expect(() => answer.accept('city')).toThrow(
      expect.objectContaining({ code: 'engine_failed', retryable: false }),
    );
  });
});
