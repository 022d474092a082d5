import type { AnswerCost } from '@millrace/relay';

/** The header that says what a whole answer is charged; none where its model has no price. */
export function costHeader(cost: AnswerCost | undefined): Readonly<Record<string, string>> {
  return cost === undefined ? {} : { 'x-millrace-cost': `${cost.amount} ${cost.currency}` };
}
