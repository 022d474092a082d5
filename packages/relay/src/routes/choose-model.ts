import { createHash } from 'node:crypto';
import { Big } from 'big.js';
import type { ModelReady } from '@millrace/contracts';
import { isModelAllowed, modelNotAllowed } from '@millrace/control-plane/permissions';
import { MillraceError } from '@millrace/runtime';
import type { ModelTable, Operation } from '@millrace/stage';
import type { Route, RouteCondition, WeightedTarget } from './route.ts';

/** What a choice depends on. */
export interface RouteQuestion {
  /** What was asked for. */
  readonly name: string | undefined;
  readonly operation: Operation;
  /** Of the content, in UTF-16 code units. */
  readonly characters: number;
  /** The same for the same request: it takes the same way when it is sent again. */
  readonly key: string;
  /** What the request costs at most with a model: a decimal string; undefined: the model has no price. */
  readonly worstAmountWith: (model: ModelReady) => string | undefined;
  /** Models that the API key may ask for; null or undefined: all. */
  readonly allowed?: readonly string[] | null | undefined;
}

export interface ChosenModel {
  readonly model: ModelReady;
  /** Those that take over where it cannot answer. */
  readonly fallbacks: readonly string[];
  /** Undefined where a model was asked for. */
  readonly route: string | undefined;
}

/**
 * The model that a request goes to, and those that stand by. Models that are not loaded, or cannot do what is asked for, are left out.
 *
 * @throws as `ModelTable.resolve`; `unavailable` where no model of a route is loaded that can do it; `permission_denied` for a model, or a
 *   route of models, that the API key may not ask for
 */
export function chooseModel(
  routes: ReadonlyMap<string, Route>,
  models: ModelTable,
  question: RouteQuestion,
): ChosenModel {
  const { name, operation, allowed } = question;
  const route = name === undefined ? undefined : routes.get(name);
  if (route === undefined) {
    const model = models.resolve(name, operation);
    requireAllowed(allowed, [model.name], model.name);
    return { model, fallbacks: [], route: undefined };
  }
  requireAllowed(allowed, modelsOf(route), route.name);
  const able = new Map(
    models
      .list()
      .filter((model) => model.operations.includes(operation) && isModelAllowed(allowed, model.name))
      .map((model) => [model.name, model]),
  );
  const standby = (route.fallbacks ?? []).filter((model) => able.has(model));
  const chosen = targetOf(route, able, question) ?? able.get(standby[0] ?? '');
  if (chosen === undefined) {
    const message = `No model of the route ${JSON.stringify(route.name)} is loaded that can ${operation}.`;
    throw new MillraceError('unavailable', message, { param: 'model', retryAfterMs: 2_000 });
  }
  return {
    model: chosen,
    fallbacks: standby.filter((model) => model !== chosen.name),
    route: route.name,
  };
}

/** What an API key may ask for: models, and names of routes. @param allowed null or undefined: all */
export function askable(
  routes: ReadonlyMap<string, Route>,
  models: Pick<ModelTable, 'list'>,
  allowed: RouteQuestion['allowed'],
): { readonly models: readonly ModelReady[]; readonly routes: readonly string[] } {
  const isAllowed = (model: string): boolean => isModelAllowed(allowed, model);
  return {
    models: models.list().filter(({ name }) => isAllowed(name)),
    routes: [...routes.values()].filter((route) => modelsOf(route).some(isAllowed)).map(({ name }) => name),
  };
}

/** @throws `permission_denied` where none of the models may be asked for */
function requireAllowed(allowed: RouteQuestion['allowed'], models: readonly string[], name: string): void {
  if (models.some((model) => isModelAllowed(allowed, model))) return;
  throw modelNotAllowed(name, allowed ?? []);
}

function modelsOf({ targets = [], rules = [], fallbacks = [] }: Route): readonly string[] {
  return [...[...targets, ...rules].map(({ model }) => model), ...fallbacks];
}

function targetOf(
  { targets, rules = [] }: Route,
  able: ReadonlyMap<string, ModelReady>,
  question: RouteQuestion,
): ModelReady | undefined {
  if (targets !== undefined) {
    const present = targets.filter(({ model }) => able.has(model));
    return able.get(byWeight(present, question.key) ?? '');
  }
  for (const { model: name, when = {} } of rules) {
    const model = able.get(name);
    if (model !== undefined && isMet(when, model, question)) return model;
  }
  return undefined;
}

function isMet(condition: RouteCondition, model: ModelReady, question: RouteQuestion): boolean {
  const { operations, minCharacters = 0, maxCharacters = Infinity, maxCost } = condition;
  if (operations !== undefined && !operations.includes(question.operation)) return false;
  if (question.characters < minCharacters || question.characters > maxCharacters) return false;
  if (maxCost === undefined) return true;
  const worst = question.worstAmountWith(model);
  return worst !== undefined && new Big(worst).lte(maxCost);
}

/** The target whose part of the whole a point lies in that the key stands for. */
function byWeight(targets: readonly WeightedTarget[], key: string): string | undefined {
  const whole = targets.reduce((sum, { weight = 1 }) => sum + weight, 0);
  let point = (createHash('sha256').update(key).digest().readUInt32BE(0) / 2 ** 32) * whole;
  for (const { model, weight = 1 } of targets) {
    point -= weight;
    if (point < 0) return model;
  }
  return targets.at(-1)?.model;
}
