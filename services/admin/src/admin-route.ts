import type { Action, Actor, ControlDependencies, Place, Reading } from '@millrace/control-plane';
import type { BudgetAlerts } from '@millrace/quota';
import type { Transaction } from '@millrace/store';
import type { Erasures } from './erasures.ts';

type Schema = Readonly<Record<string, unknown>>;
export type Schemas = Readonly<Record<string, object>>;

/** What a request says, after it was validated. */
export interface Asked<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The version that If-Match names; undefined: any. */
  readonly version: number | undefined;
  /** What the Idempotency-Key says; empty where the route does not want one. */
  readonly idempotencyKey: string;
}

/** What routes are handed. */
export interface AdminPlane extends ControlDependencies {
  readonly budgetAlerts: BudgetAlerts;
  readonly erasures: Erasures;
  /** Whether identity providers may have their keys behind `http:` and addresses that are not on the Internet. */
  readonly allowsPrivateIssuers: boolean;
}

/** A request that may be carried out. */
export interface Call<Params, Query, Body> extends Asked<Params, Query, Body> {
  readonly plane: AdminPlane;
  readonly actor: Actor;
  /** Where it takes place: within reach of the actor. */
  readonly place: Place;
}

/** The answer to a change that was made before, by a request that said the same. */
export class Unchanged {
  readonly answer: object;

  constructor(answer: object) {
    this.answer = answer;
  }
}

interface RouteFacts {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Behind `/admin/v1`, with parameters in braces. */
  readonly path: string;
  /** What it does, for the table of permissions; undefined: what everyone may who has a key. */
  readonly action: Action | undefined;
  readonly operationId: string;
  readonly summary: string;
  readonly tag: string;
  readonly params?: Schemas;
  readonly query?: Schemas;
  readonly body?: Schema;
  /** Of what it answers. */
  readonly answer: Schema & { readonly title: string };
  /** Whether the answer is a page of those. */
  readonly isList?: boolean;
  /** Whether it wants If-Match. */
  readonly isVersioned?: boolean;
  /** Whether it wants an Idempotency-Key, which it deals with itself. */
  readonly isOnce?: boolean;
  /** Work that goes on, or lines of JSON as they are read, which `run` answers as a `Response` of its own. */
  readonly answers?: 'accepted' | 'lines';
  /** Whether it changes nothing, whatever its method. */
  readonly isReading?: boolean;
  /** Whether those who watch CONTROL are to be told. */
  readonly isTold?: boolean;
}

/** One operation of the API: how it is checked, carried out and documented. */
export interface RouteSpec<Params, Query, Body> extends RouteFacts {
  /** Where it takes place; undefined: nowhere in particular. @throws `resource_not_found` */
  readonly place: (
    plane: ControlDependencies,
    asked: Asked<Params, Query, Body>,
    actor: Actor,
  ) => Promise<Place | undefined>;
  /** Reads what is asked for. */
  readonly run?: (call: Call<Params, Query, Body>) => Promise<object>;
  /** Carries a change out, in the transaction that puts it on record; `Unchanged` is not put on record. */
  readonly change?: (
    call: Call<Params, Query, Body>,
    transaction: Transaction,
  ) => Promise<object | Unchanged>;
  /**
   * Carries out what takes place outside of the database, or in many transactions: it is put on record before it begins, so that
   * nothing is done that is not on record. Where it wants an Idempotency-Key, once for the key; the work is what is repeated.
   */
  readonly undertake?: (call: Call<Params, Query, Body>) => Promise<object>;
  /** What the record says of what is undertaken; by default what the body says. */
  readonly planned?: (call: Call<Params, Query, Body>) => object;
  /** Carries out what is done once for an idempotency key, in the transaction that keeps its answer and puts it on record. */
  readonly create?: (call: Call<Params, Query, Body>, transaction: Transaction) => Promise<object>;
  /** What follows a change that is committed, and need not arrive. */
  readonly after?: (call: Call<Params, Query, Body>) => void;
  /** What is there before a change, shown as the answer shows it. @throws `resource_not_found` */
  readonly before?: (
    reading: Reading & Pick<ControlDependencies, 'clock' | 'sealing'>,
    params: Params,
  ) => Promise<object>;
  /** What the record says of it, by name; by default what the answer has that was not so before. */
  readonly shown?: (
    call: Call<Params, Query, Body>,
    answer: Readonly<Record<string, unknown>>,
  ) => Readonly<Record<string, unknown>>;
}

export type AdminRoute = RouteSpec<unknown, unknown, unknown>;
export type AnyCall = Call<unknown, unknown, unknown>;

/** Makes a route. What the schemas let through is what the types say. */
export function route<Params = object, Query = object, Body = object>(
  spec: RouteSpec<Params, Query, Body>,
): AdminRoute {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schemas of the route have validated what it is handed
  return spec as unknown as AdminRoute;
}
