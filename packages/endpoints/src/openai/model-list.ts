import type { ModelReady } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';

/**
 * The models, as `GET /v1/models` lists them.
 *
 * @param routes names that stand for several models
 */
export function modelList(models: readonly ModelReady[], routes: readonly string[]): object {
  const names = new Set(models.map(({ name }) => name));
  const others = routes.filter((route) => !names.has(route)).map(routeObject);
  return { object: 'list', data: [...models.map(modelObject), ...others] };
}

/** @throws `model_not_found` for what no model or route is called, versions and aliases included */
export function modelOf(models: readonly ModelReady[], routes: readonly string[], asked: string): object {
  const found = models.find(
    ({ name, version, aliases }) =>
      name === asked || `${name}:${version}` === asked || aliases.includes(asked),
  );
  if (found !== undefined) return modelObject(found);
  if (routes.includes(asked)) return routeObject(asked);
  const names = [...models.map(({ name }) => name), ...routes].join(', ');
  throw new MillraceError(
    'model_not_found',
    `There is no model ${JSON.stringify(asked)}. Models: ${names || 'none'}.`,
    { param: 'model' },
  );
}

function modelObject({
  name,
  at,
  provider,
  version,
  aliases,
  operations,
  context_length,
}: ModelReady): object {
  return {
    id: name,
    object: 'model',
    created: Math.floor(at / 1_000),
    owned_by: provider ?? 'millrace',
    version,
    aliases,
    operations,
    context_length,
  };
}

function routeObject(id: string): object {
  return { id, object: 'model', created: 0, owned_by: 'millrace' };
}
