import { sql } from '@millrace/store/sql';
import { encodeAct, fieldOf } from '@millrace/audit-log';
import { systemTenant } from '@millrace/stage';
import { outbox, type Transaction } from '@millrace/store';
import { Unchanged, type AdminRoute, type AnyCall } from './admin-route.ts';

type Shown = Readonly<Record<string, unknown>>;

/** Shown once, and kept nowhere: not even as a digest in a chain, which is never erased. */
const hidden: ReadonlySet<string> = new Set(['secret']);

/**
 * Carries out what changes something, and writes in the same transaction that it was done, by whom, and what is other than before. Billing
 * publishes it with the rest of the outbox; what is rolled back, or was done before, leaves nothing.
 */
export async function onRecord(
  spec: AdminRoute,
  call: AnyCall,
  requestId: string,
  transaction: Transaction,
  work: () => Promise<object | Unchanged>,
): Promise<object> {
  const { plane, actor, place } = call;
  const params = call.params as Readonly<Record<string, string>>;
  const { action } = spec;
  if (action === undefined) throw new Error(`${spec.operationId} changes something without a permission`);
  const [objectType = action] = action.split('.');
  const found = await findBefore(spec, call, objectType, transaction);
  const done = await work();
  if (done instanceof Unchanged) return done.answer;
  const answer = done as Shown;
  const isGone = spec.method === 'DELETE';
  const before = shownOf(isGone ? answer : found);
  const after = isGone ? {} : shownOf(spec.shown?.(call, answer) ?? answer);
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = names.filter((name) => textOf(before[name]) !== textOf(after[name]));
  const objectId = objectIdOf(objectType, params, answer);
  const act = {
    tenant: place.tenant ?? (objectType === 'tenant' ? objectId : systemTenant),
    actor: { keyId: actor.key_id, userId: actor.user_id, roles: actor.roles },
    action,
    objectType,
    objectId,
    before: fieldsOf(spec, before, changed),
    after: fieldsOf(spec, after, changed),
    requestId,
    id: plane.nextId(),
  };
  const { id, subject, payload } = encodeAct(plane, act);
  await transaction.insert(outbox).values({ id, subject, payload: Buffer.from(payload) });
  return answer;
}

/** Whoever changes the same object waits, so that what was before is what the change was made to. */
async function findBefore(
  { before }: AdminRoute,
  { plane, params }: AnyCall,
  objectType: string,
  transaction: Transaction,
): Promise<Shown> {
  if (before === undefined) return {};
  const object = `act ${objectType} ${JSON.stringify(params)}`;
  await transaction.execute(sql`select pg_advisory_xact_lock(hashtextextended(${object}, 0))`);
  return (await before({ ...plane, database: transaction }, params)) as Shown;
}

/** The fields of an object; of a quota its limits, since what was used is no change. */
function shownOf({ limits, used: _used, reserved: _reserved, ...fields }: Shown): Shown {
  return typeof limits === 'object' ? { ...fields, ...limits } : fields;
}

function objectIdOf(objectType: string, params: Readonly<Record<string, string>>, answer: Shown): string {
  const joined = (...names: readonly string[]) => names.map((name) => textOf(answer[name]) ?? '*').join('/');
  switch (objectType) {
    case 'quota':
      return joined('scope', 'subject');
    case 'price':
      return joined('book', 'model', 'version');
    case 'role':
      return joined('user', 'tenant', 'role');
    default:
      return (
        params[objectType] ??
        textOf(
          answer['id'] ?? answer['entry_id'] ?? answer['run'] ?? params['provider'] ?? params['tenant'],
        ) ??
        '*'
      );
  }
}

/** Those that are other than before. Of what is content the record says that it was changed, not to what. */
function fieldsOf(
  { body }: AdminRoute,
  shown: Shown,
  changed: readonly string[],
): Readonly<Record<string, string>> {
  const schemas = (body?.['properties'] ?? {}) as Readonly<Record<string, Shown>>;
  const fields = changed.flatMap((name): readonly (readonly [string, string])[] => {
    const text = textOf(shown[name]);
    if (text === undefined || hidden.has(name)) return [];
    return [[name, isContent(schemas[name]) ? 'sealed' : fieldOf(text)]];
  });
  return Object.fromEntries(fields);
}

function isContent(schema: Shown | undefined): boolean {
  return schema !== undefined && JSON.stringify(schema).includes('"x-content":true');
}

/** Undefined for what is not there. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
