import { resolve } from 'node:path';
import { formatBytes, parseBytes } from './byte-size.ts';
import { formatDuration, parseDurationMs } from './duration.ts';
import { Secret } from './secret.ts';

export type SettingKind =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'duration'
  | 'bytes'
  | 'enumeration'
  | 'list'
  | 'weights'
  | 'path'
  | 'secret';

/** One environment variable: how it is read, what is allowed, what it means. */
export interface Setting<Value> {
  readonly kind: SettingKind;
  readonly variable: string;
  readonly description: string;
  /** What is allowed, for a person: `a whole number from 0 to 65535`. */
  readonly allowed: string;
  readonly optional: boolean;
  /** Undefined when there is none. */
  readonly defaultValue: Value | undefined;
  readonly defaultText: string | undefined;
  /** The value, or undefined when the text is not allowed. */
  readonly parse: (text: string) => Value | undefined;
}

interface CommonOptions {
  readonly description: string;
  /** The variable may be absent without a default: the value is then undefined. */
  readonly optional?: true;
}

interface WithDefault<Value> extends CommonOptions {
  readonly default?: Value;
}

/** What a default can be, for the documentation. */
type Plain = string | number | boolean | readonly string[] | Secret;

function textOf(value: Plain | undefined): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'object' && !(value instanceof Secret) ? value.join(',') : value.toString();
}

interface Range {
  readonly min?: number;
  readonly max?: number;
}

interface RangeOptions extends WithDefault<number>, Range {}

type Read<Value, Options extends CommonOptions> = Options extends { readonly optional: true }
  ? Value | undefined
  : Value;

function make<Value extends Plain, Options extends WithDefault<Value>>(
  kind: SettingKind,
  variable: string,
  options: Options,
  allowed: string,
  parse: (text: string) => Value | undefined,
): Setting<Read<Value, Options>> {
  return {
    kind,
    variable,
    description: options.description,
    allowed,
    optional: options.optional ?? false,
    defaultValue: options.default,
    defaultText: textOf(options.default),
    parse,
  };
}

function rangeText({ min, max }: Range, unit = ''): string {
  if (min !== undefined && max !== undefined) return ` from ${min}${unit} to ${max}${unit}`;
  if (min !== undefined) return ` of at least ${min}${unit}`;
  if (max !== undefined) return ` of at most ${max}${unit}`;
  return '';
}

function inRange(value: number, { min = -Infinity, max = Infinity }: Range): number | undefined {
  return Number.isFinite(value) && value >= min && value <= max ? value : undefined;
}

const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?$/i;
const booleans = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['off', false],
]);

function parseWeights(text: string, range: Range): ReadonlyMap<string, number> | undefined {
  const weights = new Map<string, number>();
  for (const item of text.split(',')) {
    const at = item.lastIndexOf('=');
    const name = item.slice(0, Math.max(at, 0)).trim();
    const weight = item.slice(at + 1).trim();
    const value = decimal.test(weight) ? inRange(Number(weight), range) : undefined;
    if (name === '' || value === undefined || weights.has(name)) return undefined;
    weights.set(name, value);
  }
  return weights;
}

/** The kinds of settings. A number of milliseconds (`durationMs`) is written `500`, `500ms`, `30s`, `5m`, `2h` or `7d`; one of `bytes` `1000`, `64KiB`, `512MiB` or `4GiB`. */
export const setting = {
  string<const Options extends WithDefault<string>>(variable: string, options: Options) {
    return make<string, Options>('string', variable, options, 'a text', (text) => text);
  },
  integer<const Options extends RangeOptions>(variable: string, options: Options) {
    return make<number, Options>(
      'integer',
      variable,
      options,
      `a whole number${rangeText(options)}`,
      (text) => {
        const value = Number(text);
        return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(value) ? inRange(value, options) : undefined;
      },
    );
  },
  number<const Options extends RangeOptions>(variable: string, options: Options) {
    return make<number, Options>('number', variable, options, `a number${rangeText(options)}`, (text) =>
      decimal.test(text) ? inRange(Number(text), options) : undefined,
    );
  },
  boolean<const Options extends WithDefault<boolean>>(variable: string, options: Options) {
    return make<boolean, Options>('boolean', variable, options, 'true or false', (text) =>
      booleans.get(text.toLowerCase()),
    );
  },
  durationMs<const Options extends RangeOptions>(variable: string, options: Options) {
    const allowed = `a duration such as 500ms, 30s or 5m${rangeText(options, ' ms')}`;
    const made = make<number, Options>('duration', variable, options, allowed, (text) => {
      const valueMs = parseDurationMs(text);
      return valueMs === undefined ? undefined : inRange(valueMs, options);
    });
    return options.default === undefined ? made : { ...made, defaultText: formatDuration(options.default) };
  },
  bytes<const Options extends RangeOptions>(variable: string, options: Options) {
    const made = make<number, Options>(
      'bytes',
      variable,
      options,
      `a size such as 512MiB or 4GiB${rangeText(options, ' bytes')}`,
      (text) => {
        const value = parseBytes(text);
        return value === undefined ? undefined : inRange(value, options);
      },
    );
    return options.default === undefined ? made : { ...made, defaultText: formatBytes(options.default) };
  },
  enumeration<const Values extends readonly string[], const Options extends WithDefault<Values[number]>>(
    variable: string,
    values: Values,
    options: Options,
  ) {
    const allowed = `one of ${values.join(', ')}`;
    return make<Values[number], Options>('enumeration', variable, options, allowed, (text) =>
      values.find((value) => value === text),
    );
  },
  list<const Options extends WithDefault<readonly string[]>>(variable: string, options: Options) {
    return make<readonly string[], Options>(
      'list',
      variable,
      options,
      'names with commas between them',
      (text) =>
        Object.freeze(
          text
            .split(',')
            .map((item) => item.trim())
            .filter((item) => item !== ''),
        ),
    );
  },
  /** Weights by name, such as `acme=3,guest=0.5`, by default from 0.01 to 100; none by default. */
  weights(
    variable: string,
    { description, min = 0.01, max = 100 }: CommonOptions & Range,
  ): Setting<ReadonlyMap<string, number>> {
    return {
      kind: 'weights',
      variable,
      description,
      allowed: `names with their weights, from ${min} to ${max}, such as ${max < 3 ? `acme=${max},guest=${min}` : 'acme=3,guest=0.5'}`,
      optional: false,
      defaultValue: new Map(),
      defaultText: undefined,
      parse: (text) => parseWeights(text, { min, max }),
    };
  },
  /** A path; the value is absolute. */
  path<const Options extends WithDefault<string>>(variable: string, options: Options) {
    const made = make<string, Options>('path', variable, options, 'a path', (text) =>
      text.includes('\0') ? undefined : resolve(text),
    );
    return options.default === undefined ? made : { ...made, defaultValue: resolve(options.default) };
  },
  secret<const Options extends CommonOptions>(variable: string, options: Options) {
    return make<Secret, Options>('secret', variable, options, 'a secret', (text) => new Secret(text));
  },
};
