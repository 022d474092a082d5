import { describe, expect, it } from 'vitest';
import { detectorOf } from './detector-of.ts';
import { createOutputGuard } from './output-guard.ts';
import { defaultPiiPolicy } from './pii-policy.ts';
import { maskerWith } from './testing.fixture.ts';

const detect = detectorOf(defaultPiiPolicy, 'output', { names: false });
const masker = () => maskerWith({}, { direction: 'output', detect });

function shown(parts: readonly string[]): string {
  const guard = createOutputGuard({ masker: masker(), detect, bySentence: false, originals: new Map() });
  return parts.map((part) => guard.push(part)).join('') + guard.flush();
}

const texts = [
  'Here:\nid,ssn,card\n7,536228726,4111111111111111\n8,536228727,42\n9,536228728,x\nDone.',
  'id,tel,ip,next\n7,+14155552671,203.0.113.7,1200.50\n',
  'ssn:536228726,card:4111111111111111,5500000000000004,end',
  '{"ssn":536228726,"cards":[4111111111111111,5500000000000004]}',
  'SSN 536-22-8726.Next is https://a.example/?m=ada.moyo%40corp.example&z=1',
];

describe('the output guard', () => {
  it.each(texts)('finds cells without blanks wherever an answer is cut: %j', (text) => {
    const whole = shown([text]);
    expect(whole).toBe(masker().mask(text));
    for (let cut = 0; cut <= text.length; cut += 1)
      expect(shown([text.slice(0, cut), text.slice(cut)])).toBe(whole);
    expect(shown(Array.from(text))).toBe(whole);
  });
});
