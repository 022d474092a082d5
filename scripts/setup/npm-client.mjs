import { basename } from 'node:path';
import { runChecked } from './child-process.mjs';

/**
 * The npm that started this process, else the one on PATH, so that its registry, proxy and credentials hold.
 *
 * @param {{ node: string, environment: NodeJS.ProcessEnv, root: string }} options
 */
export function createNpmClient({ node, environment, root }) {
  const script = environment.npm_execpath;
  const [command, leading] =
    script !== undefined && basename(script) === 'npm-cli.js' ? [node, [script]] : ['npm', []];

  return {
    /** @throws with the end of npm's output */
    run: (args, options = {}) =>
      runChecked(command, [...leading, ...args], {
        cwd: root,
        // An install script of onnxruntime-node would fetch CUDA libraries; scripts are not run, this is the second bolt.
        env: { ...environment, ONNXRUNTIME_NODE_INSTALL: 'skip' },
        ...options,
      }),

    /** Where a package's archive lies. */
    async archiveUrl(name, version) {
      const { stdout } = await this.run(['view', `${name}@${version}`, 'dist.tarball', '--fetch-retries=0']);
      return stdout.trim();
    },

    /** Lets npm itself fetch a package's archive into `folder`; npm checks its integrity. */
    async pack(name, version, folder, onSpawn) {
      const args = ['pack', `${name}@${version}`, '--pack-destination', folder, '--fetch-retries=1'];
      await this.run(args, { onSpawn });
    },
  };
}
