import { MillraceError } from '@millrace/runtime';

/** @throws `invalid_value` for what has the form of a moment and is none, such as the 30th of February */
export function readMoment(text: string, param: string): Date {
  const moment = new Date(text);
  const isReal = !Number.isNaN(moment.getTime()) && moment.toISOString().slice(0, 19) === text.slice(0, 19);
  if (isReal && moment.getUTCFullYear() >= 1970) return moment;
  throw new MillraceError('invalid_value', `${param} is ${JSON.stringify(text)}: there is no such moment`, {
    param,
  });
}

export function showMoment(moment: Date): string;
export function showMoment(moment: Date | null): string | null;
export function showMoment(moment: Date | null): string | null {
  return moment?.toISOString() ?? null;
}
