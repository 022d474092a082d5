import { controlKeys, fromSubjectToken, type ModelReady } from '@millrace/contracts';
import { MillraceError, type Stoppable } from '@millrace/runtime';
import type { StageDependencies } from './stage-dependencies.ts';

/** The models that can be asked for, as inference has announced them. */
export interface ModelTable extends Stoppable {
  /** All models, by name. */
  list(): readonly ModelReady[];
  /**
   * The model of that name, or the default one where none is named.
   *
   * @throws `model_not_found` naming those there are; `unavailable` when there is none at all yet
   */
  resolve(name: string | undefined): ModelReady;
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
    resolve(name) {
      const present = list();
      if (present.length === 0)
        throw new MillraceError('unavailable', 'No model is loaded yet.', { retryAfterMs: 2_000 });
      const found =
        name === undefined ? (present.find((model) => model.is_default) ?? present[0]) : models.get(name);
      if (found === undefined) {
        const names = present.map((model) => model.name).join(', ');
        throw new MillraceError(
          'model_not_found',
          `There is no model ${JSON.stringify(name)}. Models: ${names}.`,
          { param: 'model' },
        );
      }
      return found;
    },
    stop: () => watch.stop(),
  };
}
