import { Agent, request } from 'node:http';
import type { RunningGateway } from './contender.ts';

export interface ChatTiming {
  /** Until the first piece of text. */
  readonly firstChunkMs: number;
  readonly totalMs: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const firstPiece = '"content":"The ';

/**
 * Asks once, and reads the answer to its end.
 *
 * @throws Error for an answer that is not whole
 */
export function chat(
  { url, headers, model }: Pick<RunningGateway, 'url' | 'headers' | 'model'>,
  stream: boolean,
): Promise<ChatTiming> {
  const body = JSON.stringify({
    model,
    stream,
    temperature: 0.5,
    messages: [{ role: 'user', content: 'Tell me about the fox.' }],
  });
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(
      `${url}/chat/completions`,
      { method: 'POST', agent, headers: { ...headers, 'content-type': 'application/json' } },
      (response) => {
        let text = '';
        let firstChunkMs = 0;
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
          if (firstChunkMs === 0 && text.replaceAll('": "', '":"').includes(firstPiece))
            firstChunkMs = performance.now() - startedAt;
        });
        response.on('error', reject);
        response.on('end', () => {
          const isWhole = stream ? text.includes('[DONE]') : text.includes('"finish_reason"');
          if (response.statusCode !== 200 || firstChunkMs === 0 || !isWhole)
            reject(new Error(`The answer was ${response.statusCode}: ${text.slice(0, 500)}`));
          else resolve({ firstChunkMs, totalMs: performance.now() - startedAt });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
