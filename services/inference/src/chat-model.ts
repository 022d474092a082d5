import type { Operation, RequestContent, RequestEvent } from '@millrace/stage';
import type { AnswerWork } from './answer.ts';
import { generateChoices } from './choices.ts';
import { constraintOf } from './constrain.ts';
import type { LoadedModel } from './loaded-model.ts';
import { operationRefused } from './operation-refused.ts';
import { prepare } from './prepare.ts';
import type { ServedModel } from './served-model.ts';
import { classifyTexts, planClassification } from './tasks/classify.ts';
import { planTexts } from './tasks/text-task.ts';

/** All that a model which converses can do. */
export const chatOperations: readonly Operation[] = ['generate', 'summarize', 'classify', 'translate'];

/** What binds the answer stays compiled until the answer is there. */
async function generate(
  model: LoadedModel,
  event: RequestEvent,
  content: RequestContent,
  signal: AbortSignal,
): Promise<AnswerWork> {
  const lease = await constraintOf(model, content, signal);
  try {
    const plan = prepare(model, event, content, lease, signal);
    return async (request, writer) => {
      try {
        return await generateChoices(plan, request, writer);
      } finally {
        lease?.release();
      }
    };
  } catch (error) {
    lease?.release();
    throw error;
  }
}

/** A model that converses: its engine generates, and carries out tasks by prompts. */
export function serveChatModel(model: LoadedModel): ServedModel {
  const { engine, isDefault, operations, aliases } = model;
  const { name, version, contextLength } = engine.card;
  return {
    name,
    version,
    aliases,
    contextLength,
    operations,
    isDefault,
    concurrency: engine.slots,
    get lastProgressAt() {
      // Compiling a grammar is progress as well: it has a limit of its own.
      return model.grammars?.lastProgressAt ?? engine.lastProgressAt;
    },
    async prepare(event, content, signal) {
      const operation = operations.find((each) => each === event.operation);
      switch (operation) {
        case 'generate': {
          return generate(model, event, content, signal);
        }
        case 'summarize':
        case 'translate': {
          const plan = await planTexts(model, operation, event, content, signal);
          return (request, writer) => generateChoices(plan, request, writer);
        }
        case 'classify': {
          const plan = await planClassification(model, event, content, signal);
          return (request, writer) => classifyTexts(plan, request, writer);
        }
        case 'embed':
        case undefined:
          throw operationRefused(event.operation, { name, operations });
      }
    },
  };
}
