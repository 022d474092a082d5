import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PiiAction, PiiPolicy } from '@millrace/pii-policy';
import type { ResultChunk } from '@millrace/contracts';
import { resultRecord, type ChunkContent, type MaskedContent, type ToolCall } from '@millrace/stage';
import { createAnswer } from './answer.ts';
import { completed } from './finished.fixture.ts';
import type { RelayEvent } from './relay-event.ts';

const opener = {
  chunk: (sealed: Uint8Array) => JSON.parse(Buffer.from(sealed).toString()) as ChunkContent,
  masked: (sealed: Uint8Array) => JSON.parse(Buffer.from(sealed).toString()) as MaskedContent,
};
const request = { request_id: 'request', tenant: 'tenant' };
const record = (kind: ResultChunk['kind'], changes: Partial<ResultChunk> = {}): ResultChunk =>
  resultRecord(request, { kind, at: 0, attempt: 1, ...changes });
const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));

/** What stands for something of the client's: awkward in JSON, in UTF-16, and longer than its placeholder. */
const mapping: Readonly<Record<string, string>> = {
  EMAIL_1: 'client@own.example',
  EMAIL_12: 'a@own.example',
  CARD_1: '4111 1111 1111 1111',
  PERSON_1: 'Zoë "the\\pen" 😀\nO’Hara',
  US_SSN_3: '536-22-8726',
};
/** What a model may add, by type. */
const added: Readonly<Record<string, string>> = {
  EMAIL_ADDRESS: 'bob.lee@corp.example',
  CREDIT_CARD: '5555 5555 5555 4444',
  PHONE_NUMBER: '+44 20 7946 0958',
  IBAN_CODE: 'DE89 3704 0044 0532 0130 00',
  IP_ADDRESS: '10.20.30.40',
  EMPLOYEE_ID: 'E-123456',
};
const words = [
  'and',
  'so 😀👋🏽 it is.',
  'in 2024',
  '…',
  '"quoted"',
  '<EMAIL',
  '_1>',
  '<EMAIL_9>',
  '__',
  '<',
  '\n',
  'é',
];
const placeholders = Object.keys(mapping).flatMap((name) => [`<${name}>`, `__${name}__`]);

const action = fc.constantFrom<PiiAction>('off', 'report', 'mask', 'replace', 'hash');
const policies: fc.Arbitrary<PiiPolicy> = fc.record({
  actions: fc.dictionary(fc.constantFrom(...Object.keys(added), 'PERSON'), action),
  outputActions: fc.dictionary(fc.constantFrom(...Object.keys(added), 'URL'), action),
  patterns: fc.constantFrom([], [{ type: 'EMPLOYEE_ID', pattern: 'E-\\d{6}' }]),
  allow: fc.constantFrom<readonly string[]>([], ['10.20.30.40']),
  restore: fc.boolean(),
});
const joined = (separator: string, ...parts: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...parts), { maxLength: 7 }).map((all) => all.join(separator));
const texts = (...parts: readonly string[]): fc.Arbitrary<string> => joined(' ', ...parts);

interface Choice {
  readonly parts: readonly string[];
  readonly calls?: readonly ToolCall[];
}

/** The answer of these choices, a part of each at a time. */
function shownOf(policy: PiiPolicy, choices: readonly Choice[]): readonly RelayEvent[] {
  const answer = createAnswer(opener);
  const { principal, transport, model } = {
    principal: { key_id: 'key', roles: [], organisation: 'default', user_id: null },
    transport: 'WEBSOCKET',
    model: 'model',
  } as const;
  const opened = { principal, transport, model, received_at: 0, deadline_at: 1, choices: choices.length };
  const content = json({ mapping, policy, hash_key: Buffer.alloc(32).toString('base64') });
  const records = [record('OPENED', { opened }), record('MASKED', { content })];
  const longest = Math.max(...choices.map(({ parts }) => parts.length));
  for (let index = 0; index < longest; index += 1)
    for (const [choice, { parts, calls }] of choices.entries()) {
      const text = parts[index];
      if (text === undefined) continue;
      const isLast = index === parts.length - 1;
      const last = isLast && calls !== undefined ? { tool_calls: calls, finish_reason: 'tool_calls' } : {};
      const chunk = json({ text, tokens: [1], ...last });
      records.push(record('CHUNK', { choice, first_position: index, token_count: 1, content: chunk }));
    }
  return [...records, record('FINISHED', { finished: completed })].flatMap((each) => answer.accept(each));
}

function textOf(events: readonly RelayEvent[], choice: number): string {
  return events
    .map((event) => (event.type === 'chunk' && (event.choice ?? 0) === choice ? event.text : ''))
    .join('');
}

/** In UTF-16 code units: halves of surrogate pairs, too. */
function cut(text: string, cuts: readonly number[]): readonly string[] {
  const borders = [0, ...cuts.map((at) => at % (text.length + 1)).toSorted((a, b) => a - b), text.length];
  return borders.slice(1).map((border, index) => text.slice(borders[index], border));
}
const cutsOf = fc.oneof(fc.array(fc.nat(), { maxLength: 12 }), fc.constant('each' as const));
const piecesOf = (text: string, cuts: readonly number[] | 'each'): readonly string[] =>
  cuts === 'each' && text !== '' ? text.split('') : cut(text, cuts === 'each' ? [] : cuts);

const restored = (text: string): string =>
  text.replaceAll(
    /<(\w+?_\d+)>|__(\w+?_\d+)__/g,
    (written, bracketed: string, plain: string) => mapping[bracketed ?? plain] ?? written,
  );

describe('an answer, wherever it is cut and whatever the policy', () => {
  it('gives back what the client has written, byte for byte, in each of its choices', () => {
    fc.assert(
      fc.property(
        policies,
        fc.array(fc.tuple(texts(...placeholders, ...words), cutsOf), { minLength: 1, maxLength: 3 }),
        (policy, choices) => {
          const events = shownOf(
            policy,
            choices.map(([text, cuts]) => ({ parts: piecesOf(text, cuts) })),
          );
          for (const [choice, [text]] of choices.entries())
            expect(textOf(events, choice)).toBe(policy.restore ? restored(text) : text);
          expect(events.map(({ seq }) => seq)).toEqual([
            ...Array.from({ length: events.length - 1 }, (_, index) => index + 1),
            events.length - 1,
          ]);
        },
      ),
      { numRuns: 250 },
    );
  });

  it('stays the JSON that it is, with the originals in its strings', () => {
    const inner = texts(...placeholders, 'é 😀', '\\', '"', 'a\nb');
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('name', 'text', 'to'), fc.oneof(inner, fc.array(inner))),
        fc.boolean(),
        cutsOf,
        (value, isFenced, cuts) => {
          const policy = { actions: {}, outputActions: {}, patterns: [], allow: [], restore: true };
          const text = JSON.stringify(value, null, 1);
          const before = 'Here, <EMAIL_1>:\n```json\n';
          const whole = isFenced ? `${before}${text}\n\`\`\`\nThat is it.` : text;
          const shown = textOf(shownOf(policy, [{ parts: piecesOf(whole, cuts) }]), 0);
          const shownJson = isFenced
            ? shown.slice(restored(before).length, shown.lastIndexOf('\n```'))
            : shown;
          const expected = JSON.parse(text, (_name, each: unknown) =>
            typeof each === 'string' ? restored(each) : each,
          ) as unknown;
          expect(JSON.parse(shownJson)).toEqual(expected);
        },
      ),
      { numRuns: 250 },
    );
  });

  it('shows no value that the model has added and the policy hides, and reads the same', () => {
    fc.assert(
      fc.property(
        policies,
        joined(' and ', ...Object.values(added), ...placeholders, ...words),
        cutsOf,
        (policy, text, cuts) => {
          const whole = textOf(shownOf(policy, [{ parts: [text] }]), 0);
          expect(textOf(shownOf(policy, [{ parts: piecesOf(text, cuts) }]), 0)).toBe(whole);
          const isHidden = (type: string): boolean =>
            !['off', 'report'].includes(policy.outputActions[type] ?? policy.actions[type] ?? 'replace');
          const hidden = Object.entries(added).filter(
            ([type, value]) =>
              isHidden(type) &&
              (type !== 'EMPLOYEE_ID' || policy.patterns.length > 0) &&
              !policy.allow.includes(value),
          );
          expect(hidden.filter(([, value]) => whole.includes(value))).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('has calls whose arguments are JSON, restored in strings and names', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...placeholders, 'to'), texts(...placeholders, '"\\', '😀'), {
          maxKeys: 3,
        }),
        texts(...words),
        cutsOf,
        (value, text, cuts) => {
          const policy = { actions: {}, outputActions: {}, patterns: [], allow: [], restore: true };
          const calls = [
            { id: 'c', type: 'function', function: { name: 'send', arguments: JSON.stringify(value) } },
          ] as const;
          const events = shownOf(policy, [{ parts: piecesOf(text, cuts), calls }, { parts: ['<EMAIL_1>'] }]);
          const called = events.flatMap((event) => (event.type === 'chunk' ? (event.toolCalls ?? []) : []));
          const names = Object.entries(value).map(([name, each]) => [restored(name), restored(each)]);
          expect(JSON.parse(called[0]?.function.arguments ?? '')).toEqual(Object.fromEntries(names));
          expect(textOf(events, 0)).toBe(restored(text));
        },
      ),
      { numRuns: 150 },
    );
  });
});
