import { controlKeys, fromSubjectToken, type ModelReady } from '@millrace/contracts';
import { MillraceError, type Stoppable } from '@millrace/runtime';
import type { Operation } from './operation.ts';
import type { StageDependencies } from './stage-dependencies.ts';

/** The models that can be asked for, as inference has announced them. */
export interface ModelTable extends Stoppable {
  /** All models, by name. */
  list(): readonly ModelReady[];
  /**
   * The model of that name, alias or name:version; where none is named, the default one of those that can do it. Models of providers are
   * never the default: nothing leaves the platform, and is paid for, without having been asked for.
   *
   * @throws `model_not_found` and, where none is named, `missing_value` naming those that can do it; `unsupported_value` naming what the model can do, and which models can do
   *   what is asked for; `unavailable` when there is none at all yet
   */
  resolve(name: string | undefined, operation: Operation): ModelReady;
}

/** Announces a model that is loaded and warm. */
export async function announceModel(
  { bus, codec }: Pick<StageDependencies, 'bus' | 'codec'>,
  model: ModelReady,
): Promise<void> {
  await bus.bucket('CONTROL').put(controlKeys.model(model.name), codec.encode('model.ready', model));
}

export async function watchModels({
  bus,
  codec,
}: Pick<StageDependencies, 'bus' | 'codec'>): Promise<ModelTable> {
  const models = new Map<string, ModelReady>();
  const watch = await bus.bucket('CONTROL').watch(controlKeys.models, ({ key, value }) => {
    const name = fromSubjectToken(key.slice(key.indexOf('.') + 1));
    if (value === undefined) models.delete(name);
    else models.set(name, codec.decode('model.ready', value));
  });
  const list = () => [...models.values()].toSorted((a, b) => a.name.localeCompare(b.name));
  return {
    list,
    resolve(name, operation) {
      const present = list();
      if (present.length === 0)
        throw new MillraceError('unavailable', 'No model is loaded yet.', { retryAfterMs: 2_000 });
      const able = present.filter(({ operations }) => operations.includes(operation));
      const found =
        name === undefined
          ? able.find((model) => model.is_default)
          : (models.get(name) ?? present.find((model) => goesBy(model, name)));
      if (found === undefined) throw notFound(name, operation, able);
      if (!able.includes(found)) throw unable(found, operation, able);
      return found;
    },
    stop: () => watch.stop(),
  };
}

function goesBy({ name, version, aliases }: ModelReady, asked: string): boolean {
  return aliases.includes(asked) || `${name}:${version}` === asked;
}

function notFound(
  name: string | undefined,
  operation: Operation,
  able: readonly ModelReady[],
): MillraceError {
  if (name === undefined && able.length > 0) {
    const message = `model is missing, and none of those that can ${operation} is the default: ${namesOf(able)}`;
    return new MillraceError('missing_value', message, { param: 'model' });
  }
  const message =
    able.length === 0
      ? `No model is loaded that can ${operation}.`
      : `There is no model ${JSON.stringify(name)}. Models: ${namesOf(able)}.`;
  return new MillraceError('model_not_found', message, { param: 'model' });
}

function unable(model: ModelReady, operation: Operation, able: readonly ModelReady[]): MillraceError {
  return new MillraceError(
    'unsupported_value',
    `model is ${JSON.stringify(model.name)}, which can ${model.operations.join(', ')}: models that can ${operation}: ${namesOf(able) || 'none'}`,
    { param: 'model' },
  );
}

function namesOf(models: readonly ModelReady[]): string {
  return models.map(({ name }) => name).join(', ');
}
