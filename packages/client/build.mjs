import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// npm run build: makes the package that is published, in dist/ or the folder that is named.
const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? join(here, 'dist');

rmSync(target, { recursive: true, force: true });
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
const { status } = spawnSync(
  process.execPath,
  [compiler, '-p', join(here, 'tsconfig.build.json'), '--outDir', target],
  {
    stdio: 'inherit',
  },
);
if (status !== 0) process.exit(status ?? 1);

const { name, version, description, keywords, license, type, sideEffects, engines } = JSON.parse(
  readFileSync(join(here, 'package.json'), 'utf8'),
);
const published = {
  name,
  version,
  description,
  keywords,
  license,
  type,
  sideEffects,
  exports: { '.': { types: './index.d.ts', default: './index.js' }, './package.json': './package.json' },
  types: './index.d.ts',
  engines,
};
writeFileSync(join(target, 'package.json'), `${JSON.stringify(published, undefined, 2)}\n`);
copyFileSync(join(here, 'README.md'), join(target, 'README.md'));
copyFileSync(join(here, '../../LICENSE'), join(target, 'LICENSE'));
