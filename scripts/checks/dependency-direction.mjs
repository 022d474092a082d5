import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from '../setup/set-up.mjs';
import { judgeDoor, judgeImport } from './import-rules.mjs';
import { importSpecifiers } from './import-specifiers.mjs';

// Every import of every workspace against the order in layers.json.
const layers = readJson('scripts/checks/layers.json');
const rootDeclared = new Set(Object.keys(readJson('package.json').devDependencies));
const workspaces = ['packages', 'services']
  .flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`))
  .concat('tests', 'bench')
  .filter((folder) => existsSync(join(root, folder, 'package.json')))
  .map((folder) => {
    const { name, dependencies, devDependencies, peerDependencies, optionalDependencies, exports } = readJson(
      `${folder}/package.json`,
    );
    return {
      folder,
      name,
      declared: new Set(
        Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies, ...optionalDependencies }),
      ),
      doors: new Set(Object.keys(exports ?? {}).map((door) => `${name}${door.slice(1)}`)),
    };
  });

const problems = [];
for (const workspace of workspaces) {
  for (const file of sourceFiles(workspace.folder)) {
    const source = readFileSync(join(root, file), 'utf8');
    for (const specifier of importSpecifiers(source)) {
      const problem = judgeImport({ file, specifier, workspace, workspaces, rootDeclared, layers });
      if (problem !== undefined) problems.push(`${file}: '${specifier}' ${problem}`);
    }
    if (file === `${workspace.folder}/src/index.ts`) {
      problems.push(...judgeDoor(source).map((problem) => `${file}: ${problem}`));
    }
  }
}
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

function sourceFiles(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sourceFiles(path);
    return /\.m?ts$/u.test(entry.name) ? [relative('.', path).replaceAll('\\', '/')] : [];
  });
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}
