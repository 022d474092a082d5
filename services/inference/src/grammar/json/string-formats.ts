const year = '[0-9]{4}';
const month31 = '(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])';
const month30 = '(0[469]|11)-(0[1-9]|[12][0-9]|30)';
const february = '02-(0[1-9]|1[0-9]|2[0-8])';
const date = `${year}-(${month31}|${month30}|${february})`;
const time = String.raw`([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])`;
const byte = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const label = '[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?';
const hostname = String.raw`${label}(\.${label}){0,4}`;

/** Patterns of formats. Each lets through a part of what has the format, never more: 29 February for one is left out. */
export const stringFormats: ReadonlyMap<string, string> = new Map([
  ['date', `^${date}$`],
  ['time', `^${time}$`],
  ['date-time', `^${date}T${time}$`],
  ['uuid', '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'],
  ['ipv4', String.raw`^(${byte}\.){3}${byte}$`],
  ['hostname', `^${hostname}$`],
  ['email', String.raw`^[a-z0-9]([a-z0-9_+-]{0,30})(\.[a-z0-9]{1,30}){0,2}@${label}(\.${label}){1,3}$`],
]);
