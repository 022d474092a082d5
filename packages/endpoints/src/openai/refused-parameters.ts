import { MillraceError } from '@millrace/runtime';

/** Parameters of the OpenAI API that cannot be honoured, each with the reason. */
export type RefusedParameters = Readonly<Record<string, string>>;

/**
 * Takes a body as clients of the OpenAI API send it: a parameter that is null is not there.
 *
 * @throws `unsupported_value` naming the first parameter that cannot be honoured
 */
export function withoutRefused(body: object, refused: RefusedParameters): object {
  const given = Object.entries(body).filter(([, value]) => value !== null);
  for (const [name] of given) {
    const reason = Object.hasOwn(refused, name) ? refused[name] : undefined;
    if (reason === undefined) continue;
    throw new MillraceError('unsupported_value', `${name} is not supported: ${reason}`, { param: name });
  }
  return Object.fromEntries(given);
}
