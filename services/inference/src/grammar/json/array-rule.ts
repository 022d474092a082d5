import type { JsonSchema } from '@millrace/stage';
import { choice, literal, nothing, optional, repeat, sequence } from './ebnf.ts';
import { anyValue, separators } from './json-values.ts';
import type { SchemaPath } from './schema-path.ts';
import type { Translation } from './translation.ts';

export const arrayKeywords = ['items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems'] as const;

/** Arrays are not made longer than this where a length is given, which lets nothing through that a larger bound would not. */
export const maxBoundedItems = 1_000;

/** An array. Behind `prefixItems` nothing follows unless `items` says what. @throws `unsupported_value` */
export function arrayRule(schema: JsonSchema, path: SchemaPath, translation: Translation): string {
  const min = Number(schema['minItems'] ?? 0);
  const max = Number(schema['maxItems'] ?? Infinity);
  if (min > max) throw translation.refuse(path, 'minItems is above maxItems');
  if (min > maxBoundedItems)
    throw translation.refuse([...path, 'minItems'], `it may be at most ${maxBoundedItems}`);
  if (schema['uniqueItems'] === true && max > 1) {
    throw translation.refuse([...path, 'uniqueItems'], 'it is enforced only where maxItems is at most 1');
  }
  const prefix = prefixOf(schema, path, translation).slice(0, max);
  const rest = restOf(schema, path, translation);
  if (rest === undefined && min > prefix.length)
    throw translation.refuse([...path, 'minItems'], 'there are fewer items than that');
  const most = max === Infinity ? undefined : Math.min(max, maxBoundedItems);
  return translation.rules.add(
    sequence(literal('['), itemsOf(prefix, rest, min, most, translation), literal(']')),
  );
}

function prefixOf(schema: JsonSchema, path: SchemaPath, { translate }: Translation): readonly string[] {
  const { prefixItems } = schema;
  if (!Array.isArray(prefixItems)) return [];
  return prefixItems.map((item, index) => translate(item, [...path, 'prefixItems', index]));
}

/** The items behind the prefix; undefined where there are none. */
function restOf(schema: JsonSchema, path: SchemaPath, { translate, rules }: Translation): string | undefined {
  const { items } = schema;
  if (items === false || (items === undefined && 'prefixItems' in schema)) return undefined;
  return items === undefined || items === true ? anyValue(rules) : translate(items, [...path, 'items']);
}

/** All items, as an expression that may be empty where they may be missing. */
function itemsOf(
  prefix: readonly string[],
  rest: string | undefined,
  min: number,
  max: number | undefined,
  { rules }: Translation,
): string {
  let items = itemsBehind(prefix.length, rest, min, max);
  for (const [index, item] of [...prefix.entries()].toReversed()) {
    const whole = sequence(index === 0 ? nothing : separators.item, item, items);
    items = index < min ? whole : optional(rules.add(whole));
  }
  return items;
}

/** The items behind a prefix of this length. */
function itemsBehind(index: number, rest: string | undefined, min: number, max: number | undefined): string {
  if (rest === undefined) return nothing;
  const least = Math.max(0, min - index);
  const most = max === undefined ? undefined : Math.max(0, max - index);
  if (most === 0) return nothing;
  if (index > 0) return repeat(sequence(separators.item, rest), least, most);
  const others = repeat(
    sequence(separators.item, rest),
    Math.max(0, least - 1),
    most === undefined ? undefined : most - 1,
  );
  const filled = sequence(rest, others);
  return least === 0 ? choice([filled, nothing]) : filled;
}
