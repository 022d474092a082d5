import { compileValidator, MillraceError, readConfigFile } from '@millrace/runtime';
import type { Route, RoutesFile } from './route.ts';
import { routesSchema } from './routes-schema.ts';

const param = 'MILLRACE_ROUTES';

/**
 * The routes that the file names; none without a file. Whether their models are there is seen when they are asked for: models come and
 * go while a gateway runs.
 *
 * @throws `config_invalid` naming the place in the file
 */
export async function readRoutes(path: string | undefined): Promise<readonly Route[]> {
  if (path === undefined) return [];
  const { routes } = await readConfigFile(path, param, compileValidator<RoutesFile>(routesSchema));
  const names = new Set<string>();
  for (const { name } of routes) {
    if (names.has(name)) throw invalid(`${path} has two routes of the name ${JSON.stringify(name)}.`);
    names.add(name);
  }
  for (const [index, route] of routes.entries()) {
    const fault = faultOf(route, names);
    if (fault !== undefined)
      throw invalid(`${path}: routes[${index}] (${JSON.stringify(route.name)}) ${fault}.`);
  }
  return routes;
}

/** What is wrong with a route. One of the name of a model may lead to that model: it gives the model fallbacks. */
function faultOf(
  { name, targets, rules, fallbacks = [] }: Route,
  names: ReadonlySet<string>,
): string | undefined {
  if ((targets === undefined) === (rules === undefined)) return 'must have either targets or rules';
  const models = [...(targets ?? rules ?? []).map(({ model }) => model), ...fallbacks];
  const route = models.find((model) => model !== name && names.has(model));
  if (route !== undefined)
    return `leads to ${JSON.stringify(route)}, which is a route: it may lead to models alone`;
  const twice = fallbacks.find((model, index) => fallbacks.indexOf(model) !== index);
  return twice === undefined ? undefined : `has ${JSON.stringify(twice)} twice among its fallbacks`;
}

function invalid(message: string): MillraceError {
  return new MillraceError('config_invalid', message, { param });
}
