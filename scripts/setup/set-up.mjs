import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provideBrowser } from './browser.mjs';
import { cacheFolder, ensureFolder } from './cache-folder.mjs';
import { createChecksums } from './checked-file.mjs';
import { provideCudaLibraries, wantsCuda } from './cuda-libraries.mjs';
import { provideDependencies, requirePostgres } from './dependencies.mjs';
import { provideEmbeddings, provideEmbeddingsIfPossible } from './embeddings.mjs';
import { provideKafka } from './kafka.mjs';
import { withLock } from './lock.mjs';
import { chatModel, givenModelFolder, provideConvertedModel } from './model-conversion.mjs';
import { provideModelWeights } from './model-weights.mjs';
import { provideNatsServer } from './nats-server.mjs';
import { provideNode } from './node-runtime.mjs';
import { createReporter } from './progress.mjs';

/** The repository's root. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * What every step works with.
 *
 * @typedef {object} Workshop
 * @property {string} root
 * @property {string} cache
 * @property {string} temporaryFolder inside the cache; emptied when a step takes the lock
 * @property {string} platform such as `linux-x64`
 * @property {NodeJS.ProcessEnv} environment
 * @property {any} parts the pinned tools
 * @property {any} manifest the models
 * @property {ReturnType<typeof createReporter>} reporter
 * @property {ReturnType<typeof createChecksums>} checksums
 * @property {<T>(work: (lock: { guard: (pid: number) => void }) => Promise<T>, lockFile?: string) => Promise<T>} exclusively
 */

/**
 * Brings everything that the program needs to this machine; where all is there, looks at file facts alone.
 *
 * @param {{ environment?: NodeJS.ProcessEnv, natsServer?: boolean, model?: boolean,
 *   embeddings?: boolean | 'if possible', postgres?: boolean, browser?: boolean, kafka?: boolean }} needs
 *   Node and the dependencies are always needed
 * @returns {Promise<{ node: string, environment: NodeJS.ProcessEnv }>} the Node to run on, and the environment that
 *   tells the program where the parts are
 * @throws {SetUpError} that tells a person what is missing
 */
export async function setUp({
  environment = process.env,
  natsServer = false,
  model = false,
  embeddings = false,
  postgres = false,
  browser = false,
  kafka = false,
} = {}) {
  const workshop = openWorkshop(environment);
  const node = await provideNode(workshop);
  const result = { ...environment, MILLRACE_CACHE_DIR: workshop.cache };
  // A process starts in two thirds of the time where its modules were compiled before.
  result.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'compiled');
  if (node !== process.execPath)
    result.PATH = [dirname(node), environment.PATH].filter(Boolean).join(delimiter);

  await provideDependencies(workshop, node, result);
  if (postgres) requirePostgres(workshop);
  if (natsServer) result.NATS_SERVER = await provideNatsServer(workshop);
  if (model && wantsCuda(environment)) await provideCudaLibraries(workshop);
  if (model) {
    const given = givenModelFolder(workshop, chatModel);
    if (given === undefined) {
      const weights = await provideModelWeights(workshop);
      result.MILLRACE_MODEL = weights.path;
      result.MILLRACE_MODEL_DIR = await provideConvertedModel(workshop, chatModel, weights, node, result);
    } else {
      result.MILLRACE_MODEL_DIR = given;
    }
  }
  if (embeddings === 'if possible')
    Object.assign(result, await provideEmbeddingsIfPossible(workshop, node, result));
  else if (embeddings) Object.assign(result, await provideEmbeddings(workshop, node, result));
  if (browser) Object.assign(result, await provideBrowser(workshop));
  if (kafka) Object.assign(result, await provideKafka(workshop));
  return { node, environment: result };
}

function openWorkshop(environment) {
  const cache = cacheFolder(environment);
  const temporaryFolder = join(cache, 'temporary');
  const reporter = createReporter();
  return {
    root,
    cache,
    temporaryFolder,
    platform: `${process.platform}-${process.arch}`,
    environment,
    parts: readJson(join(root, 'scripts', 'setup', 'parts.json')),
    manifest: readJson(join(root, 'models', 'manifest.json')),
    reporter,
    checksums: createChecksums(cache),
    exclusively(work, lockFile) {
      const ownsCache = lockFile === undefined;
      const path = lockFile ?? join(ensureFolder(cache), 'set-up.lock');
      const onWait = ({ pid }) => reporter.line(`waiting for another set-up (process ${pid}; ${path})`);
      return withLock(
        path,
        async (lock) => {
          if (!ownsCache) return work(lock);
          rmSync(temporaryFolder, { recursive: true, force: true });
          mkdirSync(temporaryFolder);
          try {
            return await work(lock);
          } finally {
            rmSync(temporaryFolder, { recursive: true, force: true });
          }
        },
        { onWait },
      );
    },
  };
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
