import { isBuiltin } from 'node:module';
import { posix } from 'node:path';

// A conformance suite is test code that other packages' tests call.
const testFile = /\.(test|fixture)\.ts$|\/conformance(?:\/|\.ts$)/u;

/**
 * @typedef {{ folder: string, name: string, declared: Set<string>, doors: Set<string> }} Workspace
 *   `folder` such as `packages/bus`; `doors`: what its `exports` offer, such as `@millrace/bus`
 * @typedef {{ packages: Record<string, number>, services: number, assemblies: Record<string, number>, testOnly: string[] }} Layers
 */

/**
 * What is wrong with one import, in a sentence, or `undefined`.
 *
 * @param {object} options
 * @param {string} options.file relative to the root, with forward slashes
 * @param {string} options.specifier
 * @param {Workspace} options.workspace the one that the file belongs to
 * @param {Workspace[]} options.workspaces
 * @param {Set<string>} options.rootDeclared the root's development dependencies
 * @param {Layers} options.layers
 */
export function judgeImport({ file, specifier, workspace, workspaces, rootDeclared, layers }) {
  const isFree = layers.testOnly.includes(workspace.folder);
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(file), specifier);
    const inside = target.startsWith(`${workspace.folder}/`);
    return inside || isFree ? undefined : `reaches into ${target} past the package's door`;
  }
  if (specifier.startsWith('node:')) return undefined;
  if (isBuiltin(specifier)) return `needs the node: prefix`;

  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const isTest = isFree || testFile.test(file);
  if (name !== workspace.name && !workspace.declared.has(name) && !(isTest && rootDeclared.has(name))) {
    return `${name} is not declared in ${workspace.folder}/package.json`;
  }
  const target = workspaces.find((candidate) => candidate.name === name);
  if (target === undefined) return undefined;
  if (!target.doors.has(specifier)) return `imports past the door of ${name}`;
  if (target === workspace || isFree) return undefined;
  if (layers.testOnly.includes(target.folder)) return isTest ? undefined : `${name} is for tests alone`;
  const [own, other] = [workspace, target].map(({ folder }) => layerOf(folder, layers));
  if (other < own) return undefined;
  return `${workspace.folder} (layer ${own}) must not import ${target.folder} (layer ${other})`;
}

/** What is wrong with a package's door, `src/index.ts`. */
export function judgeDoor(source) {
  const wrong = [];
  if (/^export\s+\*/mu.test(source)) wrong.push('has an export *');
  if (/^export\s+default\b|^export\s*\{[^}]*\bas\s+default\b/mu.test(source))
    wrong.push('has a default export');
  return wrong;
}

/**
 * A folder's place in the order; it may import what is below it.
 *
 * @throws where a package has no place yet
 */
export function layerOf(folder, layers) {
  const [kind, name] = folder.split('/');
  const layer = layers.assemblies[folder] ?? (kind === 'services' ? layers.services : layers.packages[name]);
  if (layer === undefined) throw new Error(`${folder} has no layer in scripts/checks/layers.json`);
  return layer;
}
