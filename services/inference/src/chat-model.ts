import type { Operation } from '@millrace/stage';
import { generateChoices } from './choices.ts';
import type { LoadedModel } from './loaded-model.ts';
import { operationRefused } from './operation-refused.ts';
import { prepare } from './prepare.ts';
import type { ServedModel } from './served-model.ts';
import { classifyTexts, planClassification } from './tasks/classify.ts';
import { planTexts } from './tasks/text-task.ts';

/** All that a model which converses can do. */
export const chatOperations: readonly Operation[] = ['generate', 'summarize', 'classify', 'translate'];

/** A model that converses: its engine generates, and carries out tasks by prompts. */
export function serveChatModel(model: LoadedModel): ServedModel {
  const { engine, isDefault, operations } = model;
  const { name, version, contextLength } = engine.card;
  return {
    name,
    version,
    contextLength,
    operations,
    isDefault,
    concurrency: engine.slots,
    get lastProgressAt() {
      return engine.lastProgressAt;
    },
    async prepare(event, content, signal) {
      const operation = operations.find((each) => each === event.operation);
      switch (operation) {
        case 'generate': {
          const plan = prepare(model, event, content, signal);
          return (request, writer) => generateChoices(plan, request, writer);
        }
        case 'summarize':
        case 'translate': {
          const plan = planTexts(model, operation, event, content, signal);
          return (request, writer) => generateChoices(plan, request, writer);
        }
        case 'classify': {
          const plan = planClassification(model, event, content, signal);
          return (request, writer) => classifyTexts(plan, request, writer);
        }
        case 'embed':
        case undefined:
          throw operationRefused(event.operation, { name, operations });
      }
    },
  };
}
