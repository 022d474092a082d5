import {
  findOrganisation,
  findTenant,
  pageOf as pageOfRows,
  placeIn,
  nameIdSchema,
  notFound,
  viewOf,
  wrongCursor,
  type Actor,
  type ControlDependencies,
  type Page,
  type Place,
} from '@millrace/control-plane';

/** Parameters of every list. */
export const pageParameters = {
  limit: { type: 'integer', minimum: 1, maximum: 100, default: 20, description: 'Most items of the page.' },
  cursor: {
    type: 'string',
    pattern: '^[A-Za-z0-9_-]{1,1024}$',
    description: 'The next_cursor of the page before.',
  },
} as const;

export const tenantParameter = { tenant: { ...nameIdSchema, description: 'Of this tenant alone.' } } as const;
export const organisationParameter = {
  organisation: { ...nameIdSchema, description: 'Of this organisation alone.' },
} as const;

export interface PageQuery {
  readonly limit?: number;
  readonly cursor?: string;
}

export interface PlaceQuery extends PageQuery {
  readonly organisation?: string;
  readonly tenant?: string;
}

export function pageOf({ limit = pageParameters.limit.default, cursor }: PageQuery) {
  return { limit, cursor };
}

/** The page of a list that is at hand as a whole. @throws `invalid_value` for what is no cursor of it */
export function pageOfAll<Item, Shown>(
  items: readonly Item[],
  query: PageQuery,
  show: (item: Item) => Shown,
  idOf: (item: Item) => string,
): Page<Shown> {
  const { limit, cursor } = pageOf(query);
  const [after] = placeIn(cursor, 1) ?? [];
  const from = after === undefined ? 0 : items.findIndex((item) => idOf(item) === after) + 1;
  if (after !== undefined && from === 0) throw wrongCursor();
  return pageOfRows(items.slice(from, from + limit + 1), { limit }, show, (item) => [idOf(item)]);
}

/** What a list is of: what it asks for, or all that the actor can see. @throws `resource_not_found` */
export async function placeOfList(
  plane: ControlDependencies,
  { organisation, tenant }: PlaceQuery,
  actor: Actor,
): Promise<Place> {
  if (tenant !== undefined) {
    const found = await findTenant(plane, tenant);
    if (organisation !== undefined && organisation !== found.organisation) throw notFound('tenant', 'tenant');
    return { organisation: found.organisation, tenant };
  }
  const view = viewOf(actor);
  if (organisation === undefined || organisation === view.organisation) return view;
  return { organisation: (await findOrganisation(plane, organisation)).id, tenant: undefined };
}

export async function placeOfTenant(plane: ControlDependencies, tenant: string): Promise<Place> {
  const { organisation } = await findTenant(plane, tenant);
  return { organisation, tenant };
}

export async function placeOfOrganisation(plane: ControlDependencies, organisation: string): Promise<Place> {
  return { organisation: (await findOrganisation(plane, organisation)).id, tenant: undefined };
}
