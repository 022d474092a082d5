import type { Codec } from '@millrace/contracts';
import { parseJson } from '@millrace/endpoints';
import { MillraceError } from '@millrace/runtime';
import type { IntakeMessage } from './intake-message.ts';
import { headerReader, intakeHeaders } from './intake-headers.ts';

export type IntakeFormat = 'avro' | 'json';

/** What a message is in: Avro by its marker, `C3 01`, or by its header; JSON otherwise. */
export function formatOf({ payload, headers }: Pick<IntakeMessage, 'payload' | 'headers'>): IntakeFormat {
  if (payload[0] === 0xc3 && payload[1] === 0x01) return 'avro';
  const type = headerReader(headers)(intakeHeaders.contentType) ?? '';
  return /avro/iu.test(type) ? 'avro' : 'json';
}

/**
 * The fields of a message, those that are null left out, so that both formats look the same.
 *
 * @throws `invalid_type` for a schema that is not known, `invalid_json`, `invalid_unicode`, `invalid_value`
 */
export function decodeIntake(codec: Codec, message: IntakeMessage): Readonly<Record<string, unknown>> {
  const value =
    formatOf(message) === 'avro' ? decodeAvro(codec, message) : parseJson(Buffer.from(message.payload));
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MillraceError('invalid_value', 'The message must be a JSON object');
  const given = withoutNulls(value);
  const { parameters } = given;
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) return given;
  return { ...given, parameters: withParsedTexts(withoutNulls(parameters)) };
}

function decodeAvro(codec: Codec, { payload }: IntakeMessage): unknown {
  try {
    return codec.decode('intake.requested', payload);
  } catch (cause) {
    const { code, message } = MillraceError.from(cause);
    // Elsewhere it would be a mistake of the platform: here it is one of the sender, who is told of it.
    if (code === 'schema_unknown') throw new MillraceError('invalid_type', message, { cause });
    if (code === 'message_corrupt') throw new MillraceError('invalid_value', message, { cause });
    throw cause;
  }
}

function withoutNulls(value: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
}

const choices: ReadonlySet<unknown> = new Set(['auto', 'none', 'required']);

/** Parameters that Avro has as JSON text. */
function withParsedTexts(parameters: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const parsed = ['response_format', 'tools', 'tool_choice'].flatMap((name) => {
    const text = parameters[name];
    if (typeof text !== 'string' || (name === 'tool_choice' && choices.has(text))) return [];
    return [[name, parsedText(name, text)]];
  });
  return parsed.length === 0 ? parameters : { ...parameters, ...Object.fromEntries(parsed) };
}

function parsedText(name: string, text: string): unknown {
  try {
    return parseJson(Buffer.from(text));
  } catch (cause) {
    const param = `parameters.${name}`;
    // The error of the parser says no more than that.
    throw new MillraceError('invalid_value', `${param} must be JSON, or the text of it`, { param, cause });
  }
}
