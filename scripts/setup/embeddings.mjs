import { provideEmbeddingWeights } from './embedding-weights.mjs';
import { embeddingModel, givenModelFolder, provideConvertedModel } from './model-conversion.mjs';
import { SetUpError } from './set-up-error.mjs';

/**
 * Brings the embedding model here.
 *
 * @param {import('./set-up.mjs').Workshop} workshop
 * @param {string} node
 * @param {NodeJS.ProcessEnv} environment of the converter
 * @returns {Promise<NodeJS.ProcessEnv>} the settings that name it
 * @throws {SetUpError}
 */
export async function provideEmbeddings(workshop, node, environment) {
  const given = givenModelFolder(workshop, embeddingModel);
  if (given !== undefined) return { MILLRACE_EMBEDDING_DIR: given };
  const weights = await provideEmbeddingWeights(workshop);
  const folder = await provideConvertedModel(workshop, embeddingModel, weights, node, environment);
  return { MILLRACE_EMBEDDING_MODEL: weights.path, MILLRACE_EMBEDDING_DIR: folder };
}

/** The same; where it cannot be had, and nobody has named one, that is said in a line and all else goes on. */
export async function provideEmbeddingsIfPossible(workshop, node, environment) {
  const { MILLRACE_EMBEDDING_DIR, MILLRACE_EMBEDDING_MODEL } = workshop.environment;
  try {
    return await provideEmbeddings(workshop, node, environment);
  } catch (error) {
    if (!(error instanceof SetUpError) || MILLRACE_EMBEDDING_DIR || MILLRACE_EMBEDDING_MODEL) throw error;
    workshop.reporter.line(`there will be no embeddings: ${error.message}`);
    return {};
  }
}
