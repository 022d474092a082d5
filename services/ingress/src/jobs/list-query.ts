import { compileValidator, type Validator } from '@millrace/runtime';
import type { IdPrefix, Page } from '@millrace/jobs';

/** What pages of a list are asked for with. @param prefix what ids of its items begin with */
export const listParameters = (prefix: IdPrefix) =>
  ({
    limit: { type: 'integer', minimum: 1, maximum: 100, default: 20, description: 'Most items of the page.' },
    after: {
      type: 'string',
      pattern: `^${prefix}[0-9a-f]{32}${prefix === 'msg_' ? '_[0-9]{1,4}' : ''}$`,
      description: 'Id of the last item of the page before.',
    },
    order: { enum: ['desc'], default: 'desc', description: 'Newest first.' },
  }) as const;

/** Makes the reader of a query of these parameters; any other is refused by name. */
export function createQueryReader<Query>(
  parameters: Readonly<Record<string, object>>,
): Validator<Query & { readonly limit?: number; readonly after?: string }> {
  const validate = compileValidator<Query & { readonly limit?: number; readonly after?: string }>({
    type: 'object',
    additionalProperties: false,
    properties: parameters,
  });
  return (value) => {
    const query = { ...(value as Readonly<Record<string, unknown>>) };
    if (typeof query['limit'] === 'string' && /^\d{1,6}$/.test(query['limit']))
      query['limit'] = Number(query['limit']);
    return validate(query);
  };
}

/** A page as the OpenAI API shows it. */
export function listOf<Item extends { readonly id: string }>({ items, hasMore }: Page<Item>): object {
  return {
    object: 'list',
    data: items,
    first_id: items[0]?.id ?? null,
    last_id: items.at(-1)?.id ?? null,
    has_more: hasMore,
  };
}
