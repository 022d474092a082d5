import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { defaultTenant, type Cluster } from '@millrace/embedded';
import type * as clientPackage from '@millrace/client';
import { range } from '../support/answer.ts';
import { hasBrowser, launchBrowser } from '../support/browser/launch-browser.ts';
import { serveClient, type ServedClient } from '../support/browser/serve-client.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { readClosings } from '../support/result-log.ts';
import { startTestCluster } from '../support/test-cluster.ts';

interface ReadAnswer {
  readonly requestId: string;
  readonly finishReason: string;
  readonly numbers: readonly number[];
  readonly text: string;
}

/** What a page of the tests has: `tests/support/browser/page.html`. */
interface InPage {
  readonly millrace: typeof clientPackage;
  readonly client: clientPackage.Millrace;
  /** Makes the client. */
  connect(options: clientPackage.MillraceOptions): void;
  /** Reads a stream to its end. It tells the test of each chunk, and waits for what it does then. */
  read(stream: AsyncIterable<clientPackage.AnswerEvent>): Promise<ReadAnswer>;
}

declare global {
  var inPage: InPage;
}

const transports = ['websocket', 'sse'] as const;
type Transport = (typeof transports)[number];

const story = {
  prompt: 'Write a long story about a mill on a river.',
  temperature: 0,
  max_tokens: 128,
};

/** Ends what hangs; no test passes or fails by the speed of the machine. */
const pageTimeoutMs = 300_000;

/** Makes a client in a page that has been loaded. */
async function connect(page: Page, { ingressUrl, edgeUrl, apiKey }: Cluster): Promise<void> {
  await page.waitForFunction(() => 'inPage' in globalThis);
  const options = { url: ingressUrl, webSocketUrl: edgeUrl, apiKey };
  await page.evaluate((given) => inPage.connect(given), options);
}

const wholeStory = (page: Page): Promise<string> =>
  page.evaluate(async (request) => (await inPage.client.generate(request)).text, story);

const readStory = (page: Page, transport: Transport): Promise<ReadAnswer> =>
  page.evaluate(({ request, ...options }) => inPage.read(inPage.client.stream(request, options)), {
    request: story,
    transport,
  });

/** Counts how often a page has gone on with a stream over another connection, from now on. */
function resumptions(page: Page): Readonly<Record<Transport, () => number>> {
  let sockets = 0;
  let streams = 0;
  page.on('websocket', () => (sockets += 1));
  page.on('request', (request) => {
    if (/\/v1\/requests\/[^/]+\/stream$/u.test(new URL(request.url()).pathname)) streams += 1;
  });
  return { websocket: () => sockets - 1, sse: () => streams };
}

describe.skipIf(!hasBrowser)('a page in a browser', () => {
  let browser: Browser;
  let served: ServedClient;
  let cluster: Cluster;
  /** What went wrong in a page that nobody expected. */
  const faults: string[] = [];
  let atChunk: ((seq: number) => Promise<void>) | undefined;

  beforeAll(async () => {
    browser = await launchBrowser();
    served = await serveClient();
    cluster = await startTestCluster({ env: { MILLRACE_CORS_ORIGINS: served.origin } });
  });

  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    atChunk = undefined;
    if (faults.length > 0) throw new Error(faults.splice(0).join('; '));
  });

  afterAll(async () => {
    await browser.close();
    await cluster.stop();
    await served.stop();
  });

  /** Opens the page of an application, with a client in it. */
  async function openPage(origin = served.origin): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(pageTimeoutMs);
    page.on('pageerror', (error) => faults.push(error.message));
    await page.exposeFunction('tellTest', (seq: number) => atChunk?.(seq));
    await page.goto(origin);
    await connect(page, cluster);
    return page;
  }

  it('loads the client as it is published, and has models, answers and tasks of another origin', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async (request) => {
      const models = await inPage.client.models();
      const whole = await inPage.client.generate(request);
      const { results } = await inPage.client.classify({
        text: ['The striker scored two goals.', 'Simmer the onions in butter.'],
        labels: ['cooking', 'sports'],
      });
      return {
        models: models.map(({ id }) => id),
        tokens: whole.usage.output_tokens,
        labels: results.map(({ labels }) => labels[0]?.label),
      };
    }, story);
    expect(seen).toEqual({
      models: ['all-minilm-l6-v2', 'smollm2-135m-instruct'],
      tokens: 128,
      labels: ['sports', 'cooking'],
    });
  });

  it.for([
    ['edge', 'websocket'],
    ['ingress', 'sse'],
  ] as const)(
    'has the same story, once, where %s is killed under its %s',
    async ([gateway, transport], { signal }) => {
      const page = await openPage();
      const whole = await wholeStory(page);
      const resumed = resumptions(page);
      atChunk = async (seq) => {
        if (seq === 3) await cluster.process(gateway).restart();
      };
      const answer = await readStory(page, transport);
      expect(answer.numbers).toEqual(range(1, answer.numbers.length));
      expect(answer.text).toBe(whole);
      expect(resumed[transport]()).toBeGreaterThan(0);
      await expectAnsweredOnce(cluster, answer, signal);
    },
  );

  it('that is loaded again follows its request by the id', async ({ signal }) => {
    const page = await openPage();
    const whole = await wholeStory(page);
    const requestId = await page.evaluate(async (request) => {
      const stream = inPage.client.stream(request);
      let id = '';
      for (;;) {
        const { value, done } = await stream.next();
        if (done === true) throw new Error('it ended before its third chunk');
        if (value.type === 'accepted') id = value.request_id;
        if (value.type === 'chunk' && value.seq === 3) return id;
      }
    }, story);
    await page.reload();
    await connect(page, cluster);
    const answer = await page.evaluate((id) => inPage.read(inPage.client.follow(id)), requestId);
    expect(answer).toMatchObject({ requestId, text: whole, numbers: range(1, answer.numbers.length) });
    await expectAnsweredOnce(cluster, answer, signal);
  });

  it.each(transports)('stops its request over %s by a signal', async (transport) => {
    const page = await openPage();
    const endless = { ...story, prompt: `Count to a million over ${transport}.`, max_tokens: 1_500 };
    const left = await page.evaluate(
      async (given) => {
        const stop = new AbortController();
        let id = '';
        try {
          const { request, ...options } = given;
          const stream = inPage.client.stream(request, { ...options, signal: stop.signal });
          for await (const event of stream) {
            if (event.type === 'accepted') id = event.request_id;
            if (event.type === 'chunk') stop.abort(new Error('enough'));
          }
        } catch (error) {
          return { id, message: (error as Error).message };
        }
        return { id, message: '' };
      },
      { request: endless, transport },
    );
    expect(left.message).toBe('enough');
    await expect
      .poll(() => readClosings(cluster.platform, defaultTenant, left.id), { timeout: 60_000 })
      .toMatchObject([{ outcome: 'CANCELLED' }]);
  });

  it('reads why it is refused', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const error: unknown = await inPage.client
        .generate({ prompt: 'x', max_tokens: 0 })
        .catch((cause: unknown) => cause);
      if (!(error instanceof inPage.millrace.MillraceApiError)) throw error;
      const { status, code, param, retryable } = error;
      return { status, code, param, retryable, hasRequestId: error.requestId !== undefined };
    });
    expect(seen).toEqual({
      status: 400,
      code: 'invalid_value',
      param: 'max_tokens',
      retryable: false,
      hasRequestId: true,
    });
  });

  it('of an origin that is not allowed reads nothing over HTTP; a WebSocket needs a key alone', async () => {
    const page = await openPage(served.otherOrigin);
    const message = await page.evaluate(async (url) => {
      const asked = fetch(`${url}/v1/models`, { headers: { authorization: 'Bearer any' } });
      return asked.then(
        () => 'read',
        (error: unknown) => (error as Error).name,
      );
    }, cluster.ingressUrl);
    expect(message).toBe('TypeError');
    expect((await readStory(page, 'websocket')).finishReason).toBe('length');
  });

  it('shows the reference of the API, with nothing from elsewhere', async () => {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(pageTimeoutMs);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).origin));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(error.message));
    await page.goto(`${cluster.ingressUrl}/docs`);
    await page.waitForSelector('.opblock');
    const paths = await page
      .locator('.opblock-summary-path')
      .evaluateAll((elements) => elements.map((element) => element.getAttribute('data-path')));
    expect(paths).toEqual(expect.arrayContaining(['/v1/chat/completions', '/v1/batches', '/v1/jobs/{id}']));
    expect(new Set(asked.filter((origin) => origin !== 'null'))).toEqual(new Set([cluster.ingressUrl]));
  });
});
