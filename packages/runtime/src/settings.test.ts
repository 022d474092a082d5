import { expect, expectTypeOf, test } from 'vitest';
import type { Secret } from './secret.ts';
import { setting } from './setting.ts';
import { defineSettings, describeSettings, readSettings } from './settings.ts';

const definition = defineSettings({
  port: setting.integer('MILLRACE_PORT', {
    default: 8787,
    min: 0,
    max: 65_535,
    description: 'Where it listens',
  }),
  graceMs: setting.durationMs('MILLRACE_GRACE', { default: 60_000, min: 0, description: 'Grace period' }),
  level: setting.enumeration('LOG_LEVEL', ['info', 'debug'], { default: 'info', description: 'Log level' }),
  models: setting.list('MODELS', { default: [], description: 'Models' }),
  databaseUrl: setting.secret('DATABASE_URL', { optional: true, description: 'Database' }),
  shares: setting.weights('SHARES', { description: 'Weights' }),
  verbose: setting.boolean('VERBOSE', { default: false, description: 'More' }),
});

test('defaults apply, text is turned into its type, and the result is frozen', () => {
  const settings = readSettings(definition, {
    MILLRACE_GRACE: '1.5s',
    LOG_LEVEL: 'debug',
    MODELS: 'a, b',
    SHARES: 'acme=3, a=b=0.5',
    VERBOSE: 'yes',
    MILLRACE_PORT: '',
  });
  expect(settings).toEqual({
    port: 8787,
    graceMs: 1500,
    level: 'debug',
    models: ['a', 'b'],
    databaseUrl: undefined,
    shares: new Map([
      ['acme', 3],
      ['a=b', 0.5],
    ]),
    verbose: true,
  });
  expect(readSettings(definition, {}).shares).toEqual(new Map());
  expect(Object.isFrozen(settings)).toBe(true);
  expectTypeOf(settings.level).toEqualTypeOf<'info' | 'debug'>();
  expectTypeOf(settings.databaseUrl).toEqualTypeOf<Secret | undefined>();
  expectTypeOf(settings.port).toEqualTypeOf<number>();
});

test.each([
  [{ MILLRACE_PORT: '70000' }, 'MILLRACE_PORT is "70000": it must be a whole number from 0 to 65535'],
  [{ MILLRACE_PORT: '1e3' }, 'MILLRACE_PORT is "1e3": it must be a whole number from 0 to 65535'],
  [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL is "loud": it must be one of info, debug'],
  [
    { MILLRACE_GRACE: '3 weeks' },
    'MILLRACE_GRACE is "3 weeks": it must be a duration such as 500ms, 30s or 5m of at least 0 ms',
  ],
  ...['acme', 'acme=0', '=1', 'acme=1,acme=2', 'acme=1,'].map((text): [Record<string, string>, string] => [
    { SHARES: text },
    `SHARES is "${text}": it must be names with their weights, from 0.01 to 100, such as acme=3,guest=0.5`,
  ]),
  [{ VERBOSE: 'maybe' }, 'VERBOSE is "maybe": it must be true or false'],
])('a bad value names variable, value and what is allowed: %j', (env, message) => {
  expect(() => readSettings(definition, env)).toThrow(
    expect.objectContaining({ code: 'config_invalid', message }),
  );
});

test('a required variable that is absent is named', () => {
  const required = defineSettings({ url: setting.string('NATS_URL', { description: 'Broker' }) });
  expect(() => readSettings(required, {})).toThrow('NATS_URL is not set: it must be a text');
});

test('a secret shows itself nowhere but when revealed', () => {
  const { databaseUrl } = readSettings(definition, { DATABASE_URL: 'postgres://u:hunter2@h/d' });
  expect(databaseUrl?.reveal()).toContain('hunter2');
  expect(JSON.stringify({ databaseUrl })).not.toContain('hunter2');
  expect(String(databaseUrl)).toBe('[secret]');
});

test('the description lists every variable with default and range', () => {
  expect(describeSettings(definition)[0]).toEqual({
    variable: 'MILLRACE_PORT',
    allowed: 'a whole number from 0 to 65535',
    defaultText: '8787',
    required: false,
    description: 'Where it listens',
  });
});

test('the default of a duration is described with its unit', () => {
  const durations = defineSettings(
    Object.fromEntries(
      [0, 500, 1_500, 2_000, 60_000, 300_000, 5_400_000, 86_400_000].map((value) => [
        `after${value}`,
        setting.durationMs('MILLRACE_AFTER', { default: value, description: 'After this' }),
      ]),
    ),
  );
  expect(describeSettings(durations).map(({ defaultText }) => defaultText)).toEqual([
    '0ms',
    '500ms',
    '1500ms',
    '2s',
    '1m',
    '5m',
    '90m',
    '1d',
  ]);
});
