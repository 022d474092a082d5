import { controlKeys, type ModelReady } from '@millrace/contracts';
import type { StageDependencies } from '@millrace/stage';

/**
 * Resolves with the default model, once it is announced at `since` or later, in milliseconds since the epoch. Models of providers are there
 * before it: without it a request that names no model would be refused.
 */
export async function awaitModel(
  { bus, codec }: Pick<StageDependencies, 'bus' | 'codec'>,
  since: number,
): Promise<ModelReady> {
  const announced = Promise.withResolvers<ModelReady>();
  const watch = await bus.bucket('CONTROL').watch(controlKeys.models, ({ value }) => {
    if (value === undefined) return;
    const model = codec.decode('model.ready', value);
    if (model.at >= since && model.is_default && model.operations.includes('generate'))
      announced.resolve(model);
  });
  try {
    return await announced.promise;
  } finally {
    await watch.stop();
  }
}
