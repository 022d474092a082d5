/** The scripted provider that all gateways stand in front of: it answers at once, whole or as a stream. Ends when the parent disconnects. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const words = 'The quick brown fox jumps over the lazy dog and goes on to the river. '.match(/\S+ /gu) ?? [];
const usage = { prompt_tokens: 12, completion_tokens: words.length, total_tokens: 12 + words.length };
const head = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'scripted' };

const whole = JSON.stringify({
  ...head,
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: words.join('') }, finish_reason: 'stop' }],
  usage,
});
const eventOf = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;
const chunkOf = (delta: object, finish_reason: string | null = null): string =>
  eventOf({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] });
const pieces = words.map((content) => chunkOf({ content }));
const ending = `${chunkOf({}, 'stop')}${eventOf({ ...head, object: 'chat.completion.chunk', choices: [], usage })}data: [DONE]\n\n`;

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  request.on('end', () => {
    if (text === '') {
      // LiteLLM looks whether somebody is there.
      response.writeHead(404).end();
      return;
    }
    if ((JSON.parse(text) as { stream?: boolean }).stream !== true) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(whole);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunkOf({ role: 'assistant', content: '' }));
    for (const piece of pieces) response.write(piece);
    response.end(ending);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit());
