import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requireShallowJson } from './shallow-json.ts';

const nested = (depth: number): string => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`;

describe('requireShallowJson', () => {
  it('lets what people write pass, brackets in strings included', () => {
    expect(() => requireShallowJson(nested(128), 'The body')).not.toThrow();
    const quoted = JSON.stringify({ a: `\\"${'['.repeat(1_000)}\\\\`, b: '{'.repeat(1_000) });
    expect(() => requireShallowJson(quoted, 'The body')).not.toThrow();
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        requireShallowJson(JSON.stringify(value), 'The body');
      }),
    );
  });

  it('refuses what is nested without end, in little time, closed or not', () => {
    for (const text of [nested(130), '['.repeat(4_000_000), `{"a":"\\"",${'"b":{'.repeat(1_000)}`]) {
      expect(() => requireShallowJson(text, 'The body')).toThrow(
        expect.objectContaining({
          code: 'invalid_value',
          message: 'The body is nested too deeply: it may have 128 levels',
        }),
      );
    }
  });

  it('takes time in proportion to the text, whatever is escaped in it', () => {
    const text = `["${'\\\\'.repeat(2_000_000)}`;
    const start = performance.now();
    requireShallowJson(text, 'The body');
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});
