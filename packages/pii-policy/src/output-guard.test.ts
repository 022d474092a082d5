import { describe, expect, it } from 'vitest';
import { createOutputGuard, type OutputGuard } from './output-guard.ts';
import { detectorOf } from './detector-of.ts';
import { defaultPiiPolicy } from './pii-policy.ts';
import { maskerWith } from './testing.fixture.ts';

const known = new Map([['EMAIL_1', 'client@own.example']]);

function guard(actions: Parameters<typeof maskerWith>[0]['actions'] = {}): OutputGuard {
  const detect = detectorOf({ ...defaultPiiPolicy, actions }, 'output', { names: false });
  const masker = maskerWith({ actions }, { direction: 'output', known });
  return createOutputGuard({ masker, detect, originals: known });
}

const values = [
  'ann.lee@corp.example',
  '4111 1111 1111 1111',
  '+49 (30) 901820',
  'DE89 3704 0044 0532 0130 00',
  'GB29NWBK60161331926819',
  '10.20.30.40',
  '2001:db8::8a2e:370:7334',
];
const texts = values.flatMap((value) => [
  value,
  `Her address is ${value}. Write to <EMAIL_1> as well!`,
  `"${value}", (${value}) and\n${value}\nare 3 of 12 values, <EMAIL_1>`,
]);

function inPieces(borders: readonly number[], text: string, through: OutputGuard): string {
  let shown = '';
  let from = 0;
  for (const border of [...borders, text.length]) {
    shown += through.push(text.slice(from, border));
    from = border;
  }
  return shown + through.flush();
}

describe('createOutputGuard', () => {
  it.each(texts)('shows the same, and no value, wherever %j is cut', (text) => {
    const whole = inPieces([], text, guard());
    for (const value of values) expect(whole).not.toContain(value);
    expect(whole.includes('client@own.example')).toBe(text.includes('<EMAIL_1>'));
    for (let first = 0; first <= text.length; first += 1) {
      expect(inPieces([first], text, guard())).toBe(whole);
      for (let second = first; second <= text.length; second += 7)
        expect(inPieces([first, second], text, guard())).toBe(whole);
    }
    const each = Array.from({ length: text.length }, (_, index) => index);
    expect(inPieces(each, text, guard())).toBe(whole);
  });

  it('holds back a word, figures, and what may say whose they are', () => {
    const through = guard();
    expect(through.push('The capital of France is Par')).toBe('The capital of France is ');
    expect(through.push('is. In 2024 it ')).toBe('Paris. In 2024 it ');
    expect(through.push('had 12 months. Call 4111 11 and ')).toBe('had 12 months. Call ');
    expect(through.push('ask for somebody, ')).toBe('4111 11 and ask for somebody, ');
    expect(through.flush()).toBe('');
  });

  it('holds back little of prose', () => {
    const prose = `Paris has 2.1 million people, and 12 million around it. It was founded about 250 BC. "Is it large?" Jules asked in May 1889.
The tower (330 m) was built for the World's Fair, in 26 months: 18,038 pieces of iron, 2.5 million rivets, 300 workers. Since then it has been
painted 19 times, most recently in 2021, and sees 7 million visitors a year. Lyon, with 520,000 people, is the third largest city.\n`;
    const through = guard();
    let shown = 0;
    let waiting = 0;
    for (const [index, character] of Array.from(prose).entries()) {
      shown += through.push(character).length;
      waiting += index + 1 - shown;
    }
    expect(waiting / prose.length).toBeLessThan(9);
  });

  it('shows what stands in quotes, or in a script without blanks, before the end of the line', () => {
    expect(guard().push('{"name":"Paris","kind":"ci')).toBe('{"name":"Paris","kind":"');
    expect(guard().push('巴黎是法国的首都，它')).toBe('巴黎是法国的首都，');
  });

  it('gives back what the client has written itself', () => {
    expect(inPieces([], 'You are client@own.example, not x@own.example.', guard())).toBe(
      'You are client@own.example, not <EMAIL_2>.',
    );
  });

  it('ends where the policy blocks, before anything of the value is shown', () => {
    const through = guard({ CREDIT_CARD: 'block' });
    expect(through.push('It is 4111 1111 ')).toBe('It is ');
    expect(() => through.push('1111 1111, I think so, really ')).toThrow('CREDIT_CARD is blocked');
  });

  it('replaces a value that is longer than what is held back', () => {
    const through = guard();
    const long = `${'a'.repeat(20_000)}@corp.example`;
    expect(inPieces([5_000, 9_000], `x ${long} y`, through)).not.toContain('@');
  });

  it('knows what it has changed, and how far it is', () => {
    const through = guard();
    through.push('mail ann@corp.example now or ');
    expect(through.settled).toBe('mail ann@corp.example now or '.length);
    expect([through.isChanged(0, 5), through.isChanged(4, 6), through.isChanged(21, 30)]).toEqual([
      false,
      true,
      false,
    ]);
  });
});
