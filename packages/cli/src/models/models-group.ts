import { readCatalogue } from '@millrace/inference';
import { readSettings } from '@millrace/runtime';
import type { CommandGroup } from '../command-group.ts';
import type { Outcome } from '../outcome.ts';
import type { StartProgress } from '../progress.ts';
import { modelSettings } from './config.ts';
import { convert } from './convert.ts';
import { inspect } from './inspect.ts';
import { list } from './list.ts';
import { createModelStore, type ModelStore } from './model-store.ts';
import { modelsHelp, readModelsCommand, type ModelsCommand } from './read-models.ts';
import { verify } from './verify.ts';

export const modelsGroup: CommandGroup = {
  name: 'models',
  help: modelsHelp,
  verbs: {
    list: [],
    inspect: [],
    convert: ['to', 'fp32', 'half-cache', 'report'],
    verify: ['quality', 'source'],
  },
  read(args) {
    const command = readModelsCommand(args);
    return async ({ environment, catalogue, startProgress }) => {
      const settings = readSettings(modelSettings, environment);
      const store = createModelStore(settings, catalogue ?? (await readCatalogue()));
      return run(command, store, startProgress);
    };
  },
};

async function run(
  command: ModelsCommand,
  store: ModelStore,
  startProgress: StartProgress,
): Promise<Outcome> {
  switch (command.kind) {
    case 'list':
      return list(store);
    case 'inspect':
      return inspect(store, command);
    case 'convert':
      return convert(store, command, startProgress);
    case 'verify':
      return verify(store, command, startProgress);
  }
}
