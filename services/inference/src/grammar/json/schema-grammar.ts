import type { JsonSchema } from '@millrace/stage';
import { arrayRule } from './array-rule.ts';
import { literal } from './ebnf.ts';
import { areExclusive } from './exclusive-branches.ts';
import { finiteReferences } from './finite-references.ts';
import type { GrammarRules } from './grammar-rules.ts';
import { jsonText } from './json-literal.ts';
import { anyBoolean, anyValue } from './json-values.ts';
import { integerRule, numberRule } from './number-rule.ts';
import { objectRule } from './object-rule.ts';
import { resolvePointer } from './resolve-pointer.ts';
import { requireValidSchema } from './require-valid-schema.ts';
import { refused, type SchemaPath, type SchemaSource } from './schema-path.ts';
import { keywordsOf, namedTypes, restrictionsOf, typeOfValue, type JsonType } from './schema-types.ts';
import { stringRule } from './string-rule.ts';
import { isSchemaObject, type Translation } from './translation.ts';

/**
 * The JSON texts that fit a schema (draft 2020-12), as an expression over rules that it adds. It lets nothing through that does not
 * fit, and refuses what it cannot express.
 *
 * @throws `unsupported_value` with the place and the keyword; `invalid_value` for what is no schema
 */
export function schemaExpression(source: SchemaSource, rules: GrammarRules): string {
  requireValidSchema(source);
  return new SchemaTranslation(source, rules).whole();
}

/** References can lead deeper than a schema is nested, and a stack has an end. */
const maxDepth = 128;

class SchemaTranslation implements Translation {
  readonly rules: GrammarRules;
  readonly #source: SchemaSource;
  /** Rule and schema by reference. */
  readonly #references = new Map<
    string,
    { readonly rule: string; readonly schema: unknown; readonly path: SchemaPath }
  >();
  /** What each part says: one that counts for several properties is translated once. */
  readonly #expressions = new Map<unknown, string>();
  #depth = 0;

  constructor(source: SchemaSource, rules: GrammarRules) {
    this.#source = source;
    this.rules = rules;
  }

  whole(): string {
    const expression = this.#refer('#', []);
    const targets = new Map(Array.from(this.#references, ([reference, { schema }]) => [reference, schema]));
    const finite = finiteReferences(targets);
    for (const [reference, { path }] of this.#references) {
      if (!finite.has(reference)) throw this.refuse(path, 'no value that fits it comes to an end');
    }
    return expression;
  }

  readonly refuse = (path: SchemaPath, why: string) => refused(this.#source, path, why);

  readonly resolve = (reference: string, path: SchemaPath) => {
    const target = resolvePointer(this.#source.root, reference);
    if (target === undefined)
      throw this.refuse([...path, '$ref'], 'it has to be # or #/ with a path to a part of this schema');
    return target;
  };

  readonly translate = (schema: unknown, path: SchemaPath): string => {
    if (schema === true) return anyValue(this.rules);
    if (!isSchemaObject(schema)) throw this.refuse(path, 'nothing fits false');
    const known = this.#expressions.get(schema);
    if (known !== undefined) return known;
    if (this.#depth === maxDepth)
      throw this.refuse(path, `more than ${maxDepth} schemas stand or refer one within the other`);
    this.#depth += 1;
    const expression = this.#expressionOf(schema, path);
    this.#depth -= 1;
    this.#expressions.set(schema, expression);
    return expression;
  };

  #expressionOf(schema: JsonSchema, path: SchemaPath): string {
    if (path.length > 0 && '$id' in schema)
      throw this.refuse([...path, '$id'], 'it may stand only at the root');
    const [keyword, ...others] = restrictionsOf(schema).toSorted((a, b) => rank(a) - rank(b));
    if (keyword === undefined) return anyValue(this.rules);
    const alone = (): void => {
      const [other] = others;
      if (other !== undefined)
        throw this.refuse([...path, other], `${other} is not enforced together with ${keyword}`);
    };
    switch (keyword) {
      case '$ref':
        alone();
        return this.#refer(String(schema['$ref']), path);
      case 'const':
      case 'enum':
        if (others.some((other) => other !== 'type')) alone();
        return this.#values(schema, keyword, path);
      case 'anyOf':
      case 'oneOf':
        alone();
        return this.#alternatives(schema, keyword, path);
      case 'allOf': {
        alone();
        const parts = schema['allOf'];
        if (!Array.isArray(parts) || parts.length !== 1)
          throw this.refuse([...path, 'allOf'], 'allOf is enforced only with one schema in it');
        return this.translate(parts[0], [...path, 'allOf', 0]);
      }
      default:
        return this.#typed(schema, path);
    }
  }

  #refer(reference: string, from: SchemaPath): string {
    const known = this.#references.get(reference);
    if (known !== undefined) return known.rule;
    const { schema, path } = this.resolve(reference, from);
    const rule = this.rules.reserve();
    this.#references.set(reference, { rule, schema, path });
    this.rules.define(rule, this.translate(schema, path));
    return rule;
  }

  #values(schema: JsonSchema, keyword: 'const' | 'enum', path: SchemaPath): string {
    const values = keyword === 'const' ? [schema['const']] : (schema['enum'] as readonly unknown[]);
    const types = 'type' in schema ? namedTypes(schema) : undefined;
    const fitting = values.filter((value) => types === undefined || hasType(value, types));
    if (fitting.length === 0) throw this.refuse([...path, keyword], 'no value of it has the type');
    return this.rules.oneOf(fitting.map((value) => literal(jsonText(value))));
  }

  #alternatives(schema: JsonSchema, keyword: 'anyOf' | 'oneOf', path: SchemaPath): string {
    const alternatives = schema[keyword] as readonly unknown[];
    if (keyword === 'oneOf' && !areExclusive(alternatives, path, this)) {
      throw this.refuse(
        [...path, 'oneOf'],
        'it is enforced only where types, values or the values of a required property tell the schemas apart; use anyOf',
      );
    }
    return this.rules.oneOf(
      alternatives.map((each, index) => this.translate(each, [...path, keyword, index])),
    );
  }

  #typed(schema: JsonSchema, path: SchemaPath): string {
    const types = namedTypes(schema);
    const known = keywordsOf(types);
    const unknown = restrictionsOf(schema).find((keyword) => !known.has(keyword));
    if (unknown !== undefined) {
      throw this.refuse(
        [...path, unknown],
        `${unknown} is not enforced${types.length === 0 ? '' : ` for ${types.join(', ')}`}`,
      );
    }
    return this.rules.oneOf(types.map((type) => this.#ofType(type, schema, path)));
  }

  #ofType(type: JsonType, schema: JsonSchema, path: SchemaPath): string {
    switch (type) {
      case 'null':
        return literal('null');
      case 'boolean':
        return anyBoolean;
      case 'integer':
        return integerRule(schema, path, this);
      case 'number':
        return numberRule(schema, path, this);
      case 'string':
        return stringRule(schema, path, this);
      case 'array':
        return arrayRule(schema, path, this);
      case 'object':
        return objectRule(schema, path, this);
    }
  }
}

/** Keywords that stand alone come first, so that what stands beside them is refused by its own name. */
const order = ['$ref', 'const', 'enum', 'anyOf', 'oneOf', 'allOf'];
function rank(keyword: string): number {
  const index = order.indexOf(keyword);
  return index === -1 ? order.length : index;
}

function hasType(value: unknown, types: readonly JsonType[]): boolean {
  const type = typeOfValue(value);
  return types.includes(type) || (type === 'integer' && types.includes('number'));
}
