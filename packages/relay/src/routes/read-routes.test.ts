import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readRoutes } from './read-routes.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-routes-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(value: unknown) {
  const file = join(folder, 'routes.json');
  await writeFile(file, typeof value === 'string' ? value : JSON.stringify(value));
  return readRoutes(file);
}
const routes = (...list: readonly object[]) => ({ routes: list });

it('reads what is right', async () => {
  const auto = { name: 'auto', targets: [{ model: 'small' }], fallbacks: ['far'] };
  expect(await read(routes(auto))).toEqual([auto]);
  expect(await readRoutes(undefined)).toEqual([]);
});

it.each([
  ['{', 'cannot be read as JSON'],
  [{}, 'routes'],
  [routes({ name: '' }), 'name'],
  [routes({ name: 'a' }), 'must have either targets or rules'],
  [routes({ name: 'a', targets: [{ model: 'x' }], rules: [{ model: 'y' }] }), 'either targets or rules'],
  [routes({ name: 'a', targets: [{ model: 'x', weight: 0 }] }), 'weight'],
  [routes({ name: 'a', targets: [{ model: 'x', wieght: 1 }] }), 'wieght'],
  [routes({ name: 'a', rules: [{ model: 'x', when: { maxCost: '-1' } }] }), 'maxCost'],
  [routes({ name: 'a', rules: [{ model: 'x', when: { operations: ['sing'] } }] }), 'operations'],
  [routes({ name: 'a', targets: [{ model: 'x' }], fallbacks: ['y', 'y'] }), '"y" twice'],
  [routes({ name: 'a', targets: [{ model: 'x' }] }, { name: 'a', rules: [{ model: 'x' }] }), 'two routes'],
  [
    routes({ name: 'a', targets: [{ model: 'b' }] }, { name: 'b', rules: [{ model: 'x' }] }),
    '"b", which is a route',
  ],
])('refuses %j and says where', async (value, where) => {
  await expect(read(value)).rejects.toMatchObject({
    code: 'config_invalid',
    param: 'MILLRACE_ROUTES',
    message: expect.stringContaining(where),
  });
});
