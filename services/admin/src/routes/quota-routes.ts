import {
  findKey,
  findQuota,
  keyIdSchema,
  modelSchema,
  nameIdSchema,
  placeOfUser,
  platformPlace,
  quotaChangesSchema,
  quotaSchema,
  setQuota,
  userIdSchema,
  type Action,
  type ControlDependencies,
  type Place,
  type QuotaChanges,
} from '@millrace/control-plane';
import type { Scope } from '@millrace/quota';
import { route, type AdminRoute } from '../admin-route.ts';
import { placeOfOrganisation, placeOfTenant } from '../page-query.ts';

interface Quoted {
  readonly scope: Scope;
  /** Name of the parameter of the path. */
  readonly name: string;
  readonly id: object;
  readonly action: Action;
  readonly place: (plane: ControlDependencies, id: string) => Promise<Place>;
}

const quoted: readonly Quoted[] = [
  {
    scope: 'organisation',
    name: 'organisation',
    id: nameIdSchema,
    action: 'quota.set.organisation',
    place: placeOfOrganisation,
  },
  { scope: 'project', name: 'tenant', id: nameIdSchema, action: 'quota.set.project', place: placeOfTenant },
  { scope: 'user', name: 'user', id: userIdSchema, action: 'quota.set.user', place: placeOfUser },
  {
    scope: 'key',
    name: 'key',
    id: keyIdSchema,
    action: 'quota.set.key',
    place: async (plane, id) => (await findKey(plane, id)).place,
  },
  {
    scope: 'model',
    name: 'model',
    id: modelSchema,
    action: 'quota.set.model',
    place: async () => platformPlace,
  },
];

type Params = Readonly<Record<string, string>>;

/** The quotas of each kind of subject: what is read by all of its staff, and set by whoever reaches further. */
export const quotaRoutes: readonly AdminRoute[] = quoted.flatMap(({ scope, name, id, action, place }) => {
  const facts = {
    path: `/quotas/${name}s/{${name}}`,
    tag: 'quotas',
    params: { [name]: id },
    answer: quotaSchema,
  };
  const operation = name.replace(/^./, (first) => first.toUpperCase());
  const subjectOf = (params: Params) => ({ scope, subject: params[name] ?? '' });
  return [
    route<Params>({
      ...facts,
      method: 'GET',
      action: 'quota.read',
      operationId: `get${operation}Quota`,
      summary: `The limits of a ${name}, what was used of them and what is held in reserve.`,
      place: (plane, { params }) => place(plane, params[name] ?? ''),
      run: ({ plane, params }) => findQuota(plane, subjectOf(params)),
    }),
    route<Params, object, QuotaChanges>({
      ...facts,
      method: 'PATCH',
      action,
      operationId: `set${operation}Quota`,
      summary: `Sets limits of a ${name}; those that are left out stay as they are.`,
      body: quotaChangesSchema,
      isVersioned: true,
      place: (plane, { params }) => place(plane, params[name] ?? ''),
      run: ({ plane, params, body, version }) => setQuota(plane, subjectOf(params), body, version),
    }),
  ];
});
