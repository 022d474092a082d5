import { MillraceError } from '@millrace/runtime';
import type { ServedModel } from './served-model.ts';

/** A request that got to a model which cannot do what it asks for. */
export function operationRefused(
  operation: string,
  { name, operations }: Pick<ServedModel, 'name' | 'operations'>,
): MillraceError {
  return new MillraceError(
    'unsupported_value',
    `model is ${JSON.stringify(name)}, which can ${operations.join(', ')} and not ${operation}`,
    { param: 'model' },
  );
}
