/** What those need who check permissions alone: without the database. */
export { platformPlace, reachOf, type Actor, type Place } from './actor.ts';
export { isWithinReach, may, requirePermission, scopesOf, viewOf } from './authorise.ts';
export {
  permissions,
  reaches,
  roles,
  scopes,
  type Action,
  type Permission,
  type Reach,
  type Role,
  type Scope,
} from './permissions.ts';
export { isModelAllowed, modelNotAllowed, requireUsable } from './restrictions.ts';
