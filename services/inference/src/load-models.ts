import { loadEmbeddingModel, type EmbeddingModel } from './embedding/embedding-model.ts';
import { loadModel, type LoadModelOptions } from './load-model.ts';
import type { LoadedModels } from './service.ts';

/** Loads the models that the settings ask for. @throws as `loadModel`; `part_missing`, `model_invalid` */
export async function loadModels(
  options: LoadModelOptions & { readonly embeddingDirectory: string | undefined },
): Promise<LoadedModels> {
  const chat = await loadModel(options);
  try {
    return { chat, embedding: await loadEmbedding(options) };
  } catch (error) {
    await chat.close();
    throw error;
  }
}

async function loadEmbedding({
  embeddingDirectory: folder,
  threads,
  clock,
  logger,
}: Parameters<typeof loadModels>[0]): Promise<EmbeddingModel | undefined> {
  if (folder === undefined) return undefined;
  const model = await loadEmbeddingModel({ folder, threads, clock });
  logger.info({ model: model.name, version: model.version }, 'embedding model is warm');
  return model;
}
