import { MillraceError } from './millrace-error.ts';
import type { Setting } from './setting.ts';
import { shorten } from './shorten.ts';

export type SettingsDefinition = Readonly<Record<string, Setting<unknown>>>;

/** The type of the settings that a definition describes. */
export type SettingsOf<Definition extends SettingsDefinition> = {
  readonly [Name in keyof Definition]: Definition[Name] extends Setting<infer Value> ? Value : never;
};

/** One row of a reference of settings. */
export interface SettingDescription {
  readonly variable: string;
  readonly allowed: string;
  /** Undefined when there is none. */
  readonly defaultText: string | undefined;
  readonly required: boolean;
  readonly description: string;
}

/** @returns the definition itself, with its exact type. */
export function defineSettings<const Definition extends SettingsDefinition>(
  definition: Definition,
): Definition {
  return definition;
}

/**
 * Reads the settings once; the result is frozen. An empty variable counts as absent.
 * @throws MillraceError config_invalid naming the variable, its value (never a secret's) and what is allowed
 */
export function readSettings<Definition extends SettingsDefinition>(
  definition: Definition,
  env: Readonly<Record<string, string | undefined>>,
): SettingsOf<Definition> {
  const entries = Object.entries(definition).map(([name, item]) => [name, readOne(item, env[item.variable])]);
  return Object.freeze(Object.fromEntries(entries));
}

/** What a definition offers, for `--help` and the documentation. */
export function describeSettings(definition: SettingsDefinition): readonly SettingDescription[] {
  return Object.values(definition).map((item) => ({
    variable: item.variable,
    allowed: item.allowed,
    defaultText: item.defaultText,
    required: item.defaultValue === undefined && !item.optional,
    description: item.description,
  }));
}

function readOne(item: Setting<unknown>, text: string | undefined): unknown {
  if (text === undefined || text.trim() === '') {
    if (item.defaultValue !== undefined) return item.defaultValue;
    if (item.optional) return undefined;
    throw new MillraceError('config_invalid', `${item.variable} is not set: it must be ${item.allowed}`, {
      param: item.variable,
    });
  }
  const value = item.parse(item.kind === 'secret' ? text : text.trim());
  if (value !== undefined) return value;
  const shown = item.kind === 'secret' ? 'a value' : JSON.stringify(shorten(text));
  throw new MillraceError('config_invalid', `${item.variable} is ${shown}: it must be ${item.allowed}`, {
    param: item.variable,
  });
}
