/** A response as it came over a connection. */
export interface RawResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface ReadResponses {
  /** All that are whole; those that only announce others are left out. */
  readonly responses: readonly RawResponse[];
  /** What is left of the bytes: the beginning of a response, or nothing. */
  readonly rest: Buffer;
}

/**
 * Reads the responses out of what came over a connection.
 *
 * @param methods of the requests, in their order
 * @param isClosed whether nothing more comes
 * @throws where it is no HTTP
 */
export function readResponses(bytes: Buffer, methods: readonly string[], isClosed: boolean): ReadResponses {
  const responses: RawResponse[] = [];
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return { responses, rest };
    const [line = '', ...fields] = rest.subarray(0, end).toString('latin1').split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/u.exec(line)?.[1]);
    if (!Number.isInteger(status)) throw new Error(`No status line: ${JSON.stringify(line)}`);
    const headers = new Map(
      fields.map((field) => [
        field.slice(0, field.indexOf(':')).toLowerCase(),
        field.slice(field.indexOf(':') + 1).trim(),
      ]),
    );
    const content = rest.subarray(end + 4);
    const body = readBody(content, {
      isBodiless: methods[responses.length] === 'HEAD' || status < 200 || status === 204 || status === 304,
      headers,
      isClosed,
    });
    if (body === undefined) return { responses, rest };
    if (status >= 200) responses.push({ status, headers, body: body.text });
    rest = content.subarray(body.length);
  }
}

interface Body {
  readonly text: string;
  /** Bytes that it takes on the connection. */
  readonly length: number;
}

function readBody(
  content: Buffer,
  {
    isBodiless,
    headers,
    isClosed,
  }: {
    readonly isBodiless: boolean;
    readonly headers: ReadonlyMap<string, string>;
    readonly isClosed: boolean;
  },
): Body | undefined {
  if (isBodiless) return { text: '', length: 0 };
  if (headers.get('transfer-encoding') === 'chunked') return readChunks(content);
  const length = headers.get('content-length');
  if (length === undefined)
    return isClosed ? { text: content.toString('utf8'), length: content.length } : undefined;
  if (content.length < Number(length)) return undefined;
  return { text: content.subarray(0, Number(length)).toString('utf8'), length: Number(length) };
}

function readChunks(content: Buffer): Body | undefined {
  const chunks: Buffer[] = [];
  let position = 0;
  for (;;) {
    const end = content.indexOf('\r\n', position);
    if (end < 0) return undefined;
    const size = Number.parseInt(content.subarray(position, end).toString('latin1'), 16);
    if (!Number.isInteger(size)) throw new Error('What should be the size of a chunk is none.');
    if (content.length < end + 2 + size + 2) return undefined;
    chunks.push(content.subarray(end + 2, end + 2 + size));
    position = end + 2 + size + 2;
    if (size === 0) return { text: Buffer.concat(chunks).toString('utf8'), length: position };
  }
}
