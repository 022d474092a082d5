import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromSubjectToken, gatewayOf, laneOf, requestIdOf, subjectToken, subjects } from './subjects.ts';

describe('subjectToken', () => {
  it('makes one token of any text, and gives it back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        fc.pre(text.isWellFormed());
        expect(subjectToken(text)).toMatch(/^[^\s.*>]+$/);
        expect(fromSubjectToken(subjectToken(text))).toBe(text);
      }),
    );
  });

  it('gives different texts different tokens', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        fc.pre(a !== b && a.isWellFormed() && b.isWellFormed());
        expect(subjectToken(a)).not.toBe(subjectToken(b));
      }),
    );
  });

  it('leaves plain ids readable', () => {
    expect(subjects.received('acme')).toBe('mr.request.received.acme');
    expect(subjects.scrubbed('llama-3.2', 'normal-1')).toBe('mr.request.scrubbed.=bGxhbWEtMy4y.normal-1');
  });

  it('keeps wildcards of names out of subjects', () => {
    expect(subjects.received('>')).toBe('mr.request.received.=Pg');
    expect(subjects.received('*')).not.toContain('*');
  });
});

describe('subjects of results', () => {
  it('name gateway and request', () => {
    const subject = subjects.result('g.1', 'request-1');
    expect(gatewayOf(subject)).toBe('g.1');
    expect(requestIdOf(subject)).toBe('request-1');
  });
});

describe('laneOf', () => {
  it('is the same for a tenant each time, and spreads tenants over all eight', () => {
    expect(laneOf('NORMAL', 'acme')).toBe(laneOf('NORMAL', 'acme'));
    const lanes = new Set(Array.from({ length: 200 }, (_, index) => laneOf('HIGH', `tenant-${index}`)));
    expect([...lanes].toSorted()).toEqual(Array.from({ length: 8 }, (_, index) => `high-${index}`));
  });
});
