import { MillraceError, requireShallowJson, type Validator } from '@millrace/runtime';

/** JSON of a body. @throws `invalid_unicode`, `invalid_json`; `invalid_value` for what is nested without end */
export function parseJson(body: Buffer): unknown {
  const text = decodeUtf8(body);
  requireShallowJson(text, 'The body');
  try {
    return JSON.parse(text);
  } catch {
    // The error of the parser quotes what it could not read, so it does not become the cause.
    throw new MillraceError('invalid_json', 'The body is not JSON.');
  }
}

function decodeUtf8(body: Buffer): string {
  try {
    return new TextDecoder('utf8', { fatal: true }).decode(body);
  } catch (error) {
    throw new MillraceError('invalid_unicode', 'The body is not valid UTF-8.', { cause: error });
  }
}

/** Makes the reader of bodies that a validator lets through. */
export function createBodyReader<Body>(validate: Validator<Body>): Validator<Body> {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new MillraceError('invalid_value', 'The body must be a JSON object');
    }
    return validate(value);
  };
}
