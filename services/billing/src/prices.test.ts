import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readManifest } from './prices.ts';

const price = { currency: 'USD', inputPerMillionTokens: '1', outputPerMillionTokens: '2' };

async function read(model: object): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-prices-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'providers.json');
  await writeFile(path, JSON.stringify({ providers: [{ name: 'far', models: [model] }] }));
  return readManifest(path, 'MILLRACE_PROVIDERS');
}

it('takes what else stands beside a price', async () => {
  const model = { name: 'm', contextLength: 8, price: { ...price, cachedAnswer: '0.1' } };
  expect(await read(model)).toEqual({ providers: [{ name: 'far', models: [model] }] });
});

it.each([
  [{ name: 'm' }, 'price is missing'],
  [{ name: 'm', price: { ...price, currency: 'usd' } }, 'price.currency is "usd"'],
  [{ name: 'm', price: { ...price, outputPerMillionTokens: 2 } }, 'price.outputPerMillionTokens is 2'],
])('names the place of a price that is missing or wrong: %j', async (model, fault) => {
  await expect(read(model)).rejects.toMatchObject({
    code: 'config_invalid',
    param: 'MILLRACE_PROVIDERS',
    message: expect.stringContaining(`providers[0].models[0].${fault}`) as string,
  });
});
