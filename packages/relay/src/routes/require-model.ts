import { MillraceError } from '@millrace/runtime';
import type { ModelTable } from '@millrace/stage';
import { charactersOf } from '../request-messages.ts';
import type { Generation } from '../submission.ts';
import { chooseModel, type RouteQuestion } from './choose-model.ts';
import type { Route } from './route.ts';

/**
 * Refuses a request that is to be submitted later, where no time will make it right: nothing is called so, it cannot do what is asked
 * for, or it may not be asked. Models that are not loaded now may be so then.
 *
 * @throws `model_not_found`, `unsupported_value`, `permission_denied`, `missing_value`
 */
export function requireModel(
  routes: ReadonlyMap<string, Route>,
  models: ModelTable,
  { model: name, operation, content }: Pick<Generation, 'model' | 'operation' | 'content'>,
  allowed: RouteQuestion['allowed'],
): void {
  try {
    chooseModel(routes, models, {
      name,
      operation,
      characters: charactersOf(content),
      key: '',
      allowed,
      worstAmountWith: () => undefined,
    });
  } catch (error) {
    if (!(error instanceof MillraceError && error.code === 'unavailable')) throw error;
  }
}
