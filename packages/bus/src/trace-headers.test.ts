import { describe, expect, it } from 'vitest';
import { traceHeaders } from './trace-headers.ts';

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('traceHeaders', () => {
  it('reads what it wrote', () => {
    for (const context of [{ traceparent }, { traceparent, tracestate: 'a=1' }])
      expect(traceHeaders.read(traceHeaders.write(context))).toEqual(context);
    expect(traceHeaders.write(undefined)).toEqual({});
  });

  it('takes an invalid parent for none', () => {
    const invalid = [
      '',
      'x',
      `ff${traceparent.slice(2)}`,
      traceparent.replace(/4bf\w+/, '0'.repeat(32)),
      traceparent.slice(0, -1),
    ];
    for (const parent of invalid) expect(traceHeaders.read({ traceparent: parent })).toBeUndefined();
    expect(traceHeaders.read({ tracestate: 'a=1' })).toBeUndefined();
  });
});
