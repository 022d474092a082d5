import { Ajv, type ErrorObject } from 'ajv';
import { isContentAt } from './content-fields.ts';
import { MillraceError } from './millrace-error.ts';
import { describeViolation } from './violation.ts';

export type Validator<Value> = (value: unknown) => Value;

const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * Compiles a JSON schema (draft 7, ajv's strict mode; `discriminator` of OpenAPI and the format `uuid` are known). A schema with
 * `x-content: true` describes text of a request: no value at or below it is ever quoted in a message.
 * @returns a function that hands the value back as it is, typed, or throws MillraceError missing_value or invalid_value,
 *   whose message names field, value and what is allowed, and whose param is a path such as `messages[0].content`
 * @throws Error for a schema that is wrong in itself
 */
export function compileValidator<Value>(schema: Readonly<Record<string, unknown>>): Validator<Value> {
  const ajv = new Ajv({
    strict: true,
    allErrors: false,
    verbose: true,
    allowUnionTypes: true,
    discriminator: true,
    formats: { uuid },
    keywords: [{ keyword: 'x-content', schemaType: 'boolean' }],
  });
  const validate = ajv.compile<Value>(schema);
  return (value) => {
    if (validate(value)) return value;
    const errors = mostSpecific(validate.errors ?? []);
    const isContent = errors.some((error) => isContentAt(schema, error.instancePath));
    const { code, message, param } = describeViolation(errors, isContent);
    throw new MillraceError(code, message, { param });
  };
}

/** Where alternatives failed there is one error for each: those that lie deepest say the most. */
function mostSpecific(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const deepest = Math.max(...errors.map(depth));
  const atDepth = errors.filter((error) => depth(error) === deepest);
  const own = atDepth.filter(
    (error) => error.keyword !== 'anyOf' && error.keyword !== 'oneOf' && error.keyword !== 'if',
  );
  return own.length > 0 ? own : atDepth;
}

function depth(error: ErrorObject): number {
  return error.instancePath.split('/').length;
}
