import type { ModelReady } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';

/** The models, as `GET /v1/models` lists them. */
export function modelList(models: readonly ModelReady[]): object {
  return { object: 'list', data: models.map(modelObject) };
}

/** @throws `model_not_found` for what no model is called, versions and aliases included */
export function modelOf(models: readonly ModelReady[], asked: string): object {
  const found = models.find(
    ({ name, version, aliases }) =>
      name === asked || `${name}:${version}` === asked || aliases.includes(asked),
  );
  if (found !== undefined) return modelObject(found);
  const names = models.map(({ name }) => name).join(', ');
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
