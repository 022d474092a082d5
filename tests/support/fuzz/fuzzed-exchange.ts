import { deflateSync, gzipSync } from 'node:zlib';
import type { Dice } from './dice.ts';
import { fuzzedJson, fuzzedText, mutated } from './fuzzed-json.ts';

/** What is asked of the API, where nothing is wrong with it. */
export interface FuzzTarget {
  readonly method: string;
  /** With its parameters filled in. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** Bytes that are written to a connection, and what may come back. */
export interface FuzzedExchange {
  readonly bytes: Buffer;
  /** The methods of the requests among them, the last of which may not be whole. */
  readonly methods: readonly string[];
  /** How many of the requests are whole: each gets a response, in their order. */
  readonly whole: number;
  /** Whether the server may close the connection without all responses, as the client has gone or has sent what is no HTTP. */
  readonly mayBeSilent: boolean;
  /** Whether the client says that nothing more comes. */
  readonly ends: boolean;
}

export interface FuzzContext {
  readonly apiKey: string;
  readonly targets: readonly FuzzTarget[];
  readonly maxBodyBytes: number;
}

interface Parts {
  method: string;
  path: string;
  headers: (readonly [string, string])[];
  body: Buffer;
}

const otherMethods = ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND'];
const paths = [
  '/',
  '//',
  '/v1',
  '/v1/',
  '/v1/%00',
  '/v1/%',
  '/v1/generate/',
  '/v1/generate?x=%zz',
  '/v1/../v1/generate',
  '/__proto__',
  '/v1/constructor',
  '*',
  `/${'x'.repeat(4_000)}`,
  '/v1/gen%65rate',
  '/v1/generate#x',
  '/healthz',
  '/readyz',
];
const contentTypes = [
  '',
  'text/plain',
  'application/json; charset=utf-16',
  'application/json;charset',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'application/json, text/plain',
  '/',
  'application/__proto__',
  'application/json; charset="utf-8"',
];
const encodings = ['gzip', 'deflate', 'br', 'identity', 'gzip, gzip', 'x', ''];
const strangeHeaders: readonly (readonly [string, string])[] = [
  ['Expect', '100-continue'],
  ['Expect', 'x'],
  ['Upgrade', 'websocket'],
  ['Upgrade', 'h2c'],
  ['Connection', 'close'],
  ['Connection', 'x, upgrade'],
  ['Idempotency-Key', ''],
  ['Idempotency-Key', 'x'.repeat(300)],
  ['Cache-Control', ',,no-store=,"'],
  ['traceparent', '00-x'],
  ['tracestate', ',=,'],
  ['Last-Event-ID', '-1'],
  ['Last-Event-ID', '9'.repeat(40)],
  ['Accept', 'x/x;q=9'],
  ['Range', 'bytes=0-'],
  ['If-None-Match', '*'],
  ['Host', ''],
  ['Origin', 'null'],
  ['X-Forwarded-For', '\u00ff'],
  ['__proto__', 'x'],
  ['constructor', 'x'],
  ['X-Long', 'x'.repeat(9_000)],
];

/** One to a few requests on a connection, most of them wrong in one way or another. */
export function fuzzedExchange(context: FuzzContext, dice: Dice): FuzzedExchange {
  if (dice.chance(0.06)) return noHttp(dice);
  const requests = dice.chance(0.15) ? 2 + dice.below(4) : 1;
  const all = Array.from({ length: requests }, () => fuzzedRequest(context, dice));
  const methods = all.map(({ method }) => method);
  const whole = all.map(({ bytes }) => bytes);
  if (dice.chance(0.03)) {
    // What comes behind is no HTTP, while answers are on their way.
    const bytes = Buffer.concat([...whole, dice.bytes(40)]);
    return { bytes, methods, whole: requests, mayBeSilent: true, ends: false };
  }
  if (!dice.chance(0.05))
    return { bytes: Buffer.concat(whole), methods, whole: requests, mayBeSilent: false, ends: false };
  // The client goes away in the middle of its last request.
  const last = whole.pop() ?? Buffer.alloc(0);
  const bytes = Buffer.concat([...whole, last.subarray(0, dice.below(last.length + 1))]);
  return { bytes, methods, whole: requests - 1, mayBeSilent: true, ends: true };
}

function noHttp(dice: Dice): FuzzedExchange {
  const bytes = dice.pick([
    () => dice.bytes(1 + dice.below(400)),
    () => Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    () => Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]),
    () => Buffer.from('GET /v1/engine\r\n\r\n'),
    () => Buffer.from('CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n'),
    () => Buffer.from('POST /v1/generate HTTP/9.9\r\nHost: x\r\n\r\n'),
    () => Buffer.from(`GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n`),
    () => Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nA: a\u0000b\r\n\r\n'),
    () => Buffer.from('GET / HTTP/1.1\nHost: x\n\n'),
    () => Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'),
    () => Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'),
    () =>
      Buffer.from(
        'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ),
    () => Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n'),
    () => Buffer.from(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`),
    () => Buffer.from(`GET / HTTP/1.1\r\nHost: x\r\n${'X: y\r\n'.repeat(3_000)}\r\n`),
  ])();
  return { bytes, methods: [], whole: 0, mayBeSilent: true, ends: true };
}

function fuzzedRequest(
  context: FuzzContext,
  dice: Dice,
): { readonly method: string; readonly bytes: Buffer } {
  const { method, path, body } = dice.pick(context.targets);
  const parts: Parts = {
    method,
    path,
    headers: [
      ['Host', 'millrace'],
      ['Authorization', `Bearer ${context.apiKey}`],
    ],
    body: Buffer.from(body === undefined ? '' : mutated(body, dice)),
  };
  if (body !== undefined || dice.chance(0.1)) parts.headers.push(['Content-Type', 'application/json']);
  if (!dice.chance(0.2)) dice.pick(distortions)(parts, context, dice);
  return { method: parts.method, bytes: write(parts, dice) };
}

type Distortion = (parts: Parts, context: FuzzContext, dice: Dice) => void;

const distortions: readonly Distortion[] = [
  (parts, _context, dice) => void (parts.body = Buffer.from(fuzzedText(dice))),
  (parts, _context, dice) => void (parts.body = Buffer.from(fuzzedJson(dice))),
  (parts, _context, dice) => void (parts.body = parts.body.subarray(0, dice.below(parts.body.length + 1))),
  (parts, _context, dice) => void (parts.body = dice.bytes(dice.below(300))),
  (parts, _context, dice) => {
    // Bytes that are no UTF-8, in the middle of what would be JSON.
    const at = dice.below(parts.body.length + 1);
    parts.body = Buffer.concat([parts.body.subarray(0, at), dice.bytes(3), parts.body.subarray(at)]);
  },
  (parts) => void (parts.body = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), parts.body])),
  (parts) => void (parts.body = Buffer.from(parts.body.toString('utf8'), 'utf16le')),
  (parts, { maxBodyBytes }, dice) => {
    const length = maxBodyBytes + dice.pick([-20, -1, 0, 1, 5_000]);
    parts.body = Buffer.from(JSON.stringify({ prompt: 'x'.repeat(Math.max(0, length - 13)) }));
  },
  (parts, _context, dice) => {
    parts.headers.push(['Content-Encoding', dice.pick(encodings)]);
    if (dice.chance(0.5)) parts.body = dice.chance(0.5) ? gzipSync(parts.body) : deflateSync(parts.body);
  },
  (parts, _context, dice) => setHeader(parts, 'Content-Type', dice.pick(contentTypes)),
  (parts, _context, dice) =>
    setHeader(
      parts,
      'Authorization',
      dice.pick(['', 'Bearer', 'Bearer x y', 'Basic eDp4', `Bearer ${dice.word(60)}`, 'Bearer \u00ff']),
    ),
  (parts) => void (parts.headers = parts.headers.filter(([name]) => name !== 'Authorization')),
  (parts, _context, dice) => {
    for (let count = 1 + dice.below(3); count > 0; count -= 1) parts.headers.push(dice.pick(strangeHeaders));
  },
  (parts, _context, dice) => void (parts.method = dice.pick(otherMethods)),
  (parts, _context, dice) => void (parts.path = dice.pick(paths)),
  (parts, _context, dice) => void (parts.path = `/v1/${encodeURI(dice.bytes(6).toString('latin1'))}`),
  (parts, _context, dice) =>
    void (parts.path += `?${dice.word(3)}=${dice.pick(['', '%', '%00', '[]', '&&', '😀'])}`),
];

function setHeader(parts: Parts, name: string, value: string): void {
  parts.headers = [...parts.headers.filter(([other]) => other !== name), [name, value]];
}

/** Chunked or with its length, in one piece. */
function write({ method, path, headers, body }: Parts, dice: Dice): Buffer {
  const isChunked = dice.chance(0.1);
  const framing: readonly [string, string] = isChunked
    ? ['Transfer-Encoding', 'chunked']
    : ['Content-Length', String(body.length)];
  const head = [
    `${method} ${path} HTTP/1.1`,
    ...[...headers, framing].map(([name, value]) => `${name}: ${value}`),
  ];
  const start = Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1');
  if (!isChunked) return Buffer.concat([start, body]);
  const half = dice.below(body.length + 1);
  const chunks = [body.subarray(0, half), body.subarray(half)]
    .filter(({ length }) => length > 0)
    .flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]);
  return Buffer.concat([start, ...chunks, Buffer.from('0\r\n\r\n')]);
}
