import { stripTypeScriptTypes } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replaceInText } from './replace-in-json.ts';
import { restoreText } from './restorer.ts';
import { maskerWith } from './testing.fixture.ts';

const values = {
  mail: ['ann@corp.example', 'o.neil+x@corp.example', 'ünsal@müller.example'],
  card: ['4111111111111111', '5555555555554444'],
  phone: ['+49 30 901820', '+1 212 555 0142'],
  iban: ['DE89370400440532013000', 'NO9386011117947'],
  key: ['sk-proj-abcd1234EFGH5678ijkl', 'AKIAIOSFODNN7EXAMPLE'],
} as const;
type Values = { readonly [Name in keyof typeof values]: string };
const someValues: fc.Arbitrary<Values> = fc.record({
  mail: fc.constantFrom(...values.mail),
  card: fc.constantFrom(...values.card),
  phone: fc.constantFrom(...values.phone),
  iban: fc.constantFrom(...values.iban),
  key: fc.constantFrom(...values.key),
});
const { stringify } = JSON;

/** @returns the text as a model sees it, in which none of the values is, and from which the text comes back to the byte */
function masked(text: string, secrets: readonly string[]): string {
  // What a URL is made of is looked at here, and not the URL as a whole.
  const masker = maskerWith({ actions: { URL: 'off' } });
  const written = replaceInText(text, (one) => masker.mask(one));
  for (const secret of secrets) expect(written).not.toContain(secret);
  expect(restoreText(written, masker.mapping)).toBe(text);
  return written;
}

const fenced = (language: string, code: string): string =>
  `Mend this:\n\`\`\`${language}\n${code}\n\`\`\`\nThanks.`;
const codeOf = (text: string): string => text.split('```')[1]?.replace(/^\w+\n/u, '') ?? '';
const holds = (check: (some: Values) => void): void =>
  fc.assert(fc.property(someValues, check), { numRuns: 60 });

describe('what stands for personal data keeps', () => {
  it('JSON what it is, in strings, in strings of strings and as names', () => {
    holds(({ mail, card, phone, iban, key }) => {
      const inner = stringify({ mail, phone, lines: `To: ${mail}\nIBAN "${iban}"` });
      const text = stringify({ [mail]: 1, payload: inner, key, list: [phone, iban], card }, null, 1);
      const parsed = JSON.parse(masked(text, [mail, iban, card, key])) as { readonly payload: string };
      expect(() => JSON.parse(parsed.payload) as unknown).not.toThrow();
    });
  });

  it('JSON what it is where a number becomes a string, which it stays', () => {
    holds(({ card }) => {
      const masker = maskerWith({});
      const written = replaceInText(`{"card": ${card}, "n": 1.0}`, (one) => masker.mask(one));
      expect(written).toBe('{"card": "<CARD_1>", "n": 1.0}');
      expect(restoreText(written, masker.mapping)).toBe(`{"card": "${card}", "n": 1.0}`);
    });
  });

  it('TypeScript what it is, in strings, in templates and for numbers', () => {
    holds(({ mail, card, phone, iban, key }) => {
      const code = [
        `const card: number = ${card};`,
        `const to: readonly string[] = [${stringify(mail)}, '${phone}'];`,
        `// Ask ${mail}`,
        `await send({ to, iban: "${iban}", url: \`https://x.example/?mail=${mail}&n=\${card}\` }, process.env['${key}'] ?? "${key}");`,
      ].join('\n');
      const written = masked(fenced('ts', code), [mail, card, iban, key]);
      expect(() => stripTypeScriptTypes(codeOf(written))).not.toThrow();
    });
  });

  it('SQL what it is', () => {
    holds(({ mail, card, phone, iban }) => {
      const quoted = mail.replaceAll("'", "''");
      const code = `INSERT INTO clients (email, card, phone, iban) VALUES ('${quoted}', ${card}, '${phone}', '${iban}');\nSELECT * FROM clients WHERE iban = '${iban}';`;
      const written = codeOf(masked(fenced('sql', code), [card, phone, iban]));
      const [first = '', second] = written.split('\n');
      expect(first).toMatch(
        /^INSERT INTO clients \(email, card, phone, iban\) VALUES \((?:'[^']*'|'[^']*''[^']*'), \w+, '[^']+', '[^']+'\);$/u,
      );
      expect(second).toMatch(/^SELECT \* FROM clients WHERE iban = '[^']+';$/u);
    });
  });

  it('a URL what it is, with the same parts', () => {
    holds(({ mail, card, iban }) => {
      const text = `https://x.example/u/${encodeURIComponent(iban)}?mail=${mail}&card=${card}#top`;
      const url = new URL(masked(text, [mail, card]));
      expect(url.href).toBe(masked(text, []));
      expect([...url.searchParams.keys()]).toEqual(['mail', 'card']);
      expect(url.hash).toBe('#top');
    });
  });

  it('YAML and CSV their fields', () => {
    holds(({ mail, card, phone, iban, key }) => {
      const yaml = `contact:\n  mail: ${mail}\n  card: "${card}"\n  phones:\n    - ${phone}\n  key: ${key}\n`;
      const written = masked(yaml, [mail, card, key]);
      expect(written).toMatch(
        /^contact:\n {2}mail: <\w+>\n {2}card: "<\w+>"\n {2}phones:\n {4}- \S+(?: \S+)*\n {2}key: <\w+>\n$/u,
      );
      const csv = `name,email,card,phone,iban\nAnn,${mail},${card},"${phone}",${iban}\n`;
      const rows = masked(csv, [mail, card, phone, iban]).trim().split('\n');
      expect(rows.map((row) => row.split(',').length)).toEqual([5, 5]);
      expect(rows[0]).toBe('name,email,card,phone,iban');
    });
  });
});
