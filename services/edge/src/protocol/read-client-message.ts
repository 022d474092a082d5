import {
  compileValidator,
  MillraceError,
  requireShallowJson,
  requireWellFormed,
  shorten,
  type Validator,
} from '@millrace/runtime';
import { clientMessageSchemas, maxIdLength, type ClientMessage } from './client-messages.ts';

/** The request that a message is about, as far as it can be told of a message that is wrong. */
export interface MessageNames {
  readonly id?: string;
  readonly request_id?: string;
}

export type ReadMessage =
  | { readonly ok: true; readonly message: ClientMessage }
  | { readonly ok: false; readonly error: MillraceError; readonly names: MessageNames };

type Reader = (frame: Buffer, isBinary: boolean) => ReadMessage;

const messageTypes = Object.keys(clientMessageSchemas);

/** Makes the reader of what clients send; compiles the schemas, so do it once. */
export function createMessageReader(): Reader {
  const validators: Readonly<Record<string, Validator<ClientMessage>>> = Object.fromEntries(
    Object.entries(clientMessageSchemas).map(([type, schema]) => [
      type,
      compileValidator<ClientMessage>(schema),
    ]),
  );

  const validate = (value: unknown): ClientMessage => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new MillraceError('invalid_value', 'The message must be a JSON object with a type');
    }
    const type: unknown = 'type' in value ? value.type : undefined;
    if (type === undefined) {
      throw new MillraceError(
        'missing_value',
        `type is missing: it must be one of ${messageTypes.join(', ')}`,
        { param: 'type' },
      );
    }
    const validator =
      typeof type === 'string' && Object.hasOwn(validators, type) ? validators[type] : undefined;
    if (validator === undefined) {
      const shown = typeof type === 'string' ? JSON.stringify(shorten(type)) : 'not a text';
      throw new MillraceError(
        'invalid_type',
        `type is ${shown}: it must be one of ${messageTypes.join(', ')}`,
        { param: 'type' },
      );
    }
    const message = validator(value);
    requireWellFormed(message);
    return message;
  };

  return (frame, isBinary) => {
    if (isBinary) {
      const error = new MillraceError(
        'binary_not_supported',
        'Binary frames are not part of the protocol: send JSON in text frames.',
      );
      return { ok: false, error, names: {} };
    }
    let value: unknown;
    try {
      const text = frame.toString('utf8');
      requireShallowJson(text, 'The message');
      value = JSON.parse(text);
    } catch (error) {
      if (error instanceof MillraceError) return { ok: false, error, names: {} };
      // The error of the parser quotes what it could not read, so it does not become the cause.
      return { ok: false, error: new MillraceError('invalid_json', 'The message is not JSON.'), names: {} };
    }
    try {
      return { ok: true, message: validate(value) };
    } catch (error) {
      return { ok: false, error: MillraceError.from(error), names: namesIn(value) };
    }
  };
}

function namesIn(value: unknown): MessageNames {
  if (typeof value !== 'object' || value === null) return {};
  const id: unknown = 'id' in value ? value.id : undefined;
  const requestId: unknown = 'request_id' in value ? value.request_id : undefined;
  return {
    ...(isName(id, maxIdLength) ? { id } : {}),
    ...(isName(requestId, uuidLength) && requestId.length === uuidLength ? { request_id: requestId } : {}),
  };
}

const uuidLength = 36;

function isName(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxLength && value.isWellFormed();
}
