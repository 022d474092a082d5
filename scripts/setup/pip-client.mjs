import { runChecked, runChild } from './child-process.mjs';

// pip alone knows which index its settings name; these are the settings that `pip download` itself would use.
const printIndex =
  "from pip._internal.commands import create_command; print(create_command('download').parse_args(['x'])[0].index_url)";
const pageTimeoutMs = 15_000;

/** @param {{ environment: NodeJS.ProcessEnv }} options */
export function createPipClient({ environment }) {
  let found;

  /** @throws where there is no Python with pip */
  async function python() {
    found ??= await findPython(environment);
    if (found === undefined) throw new Error('Python with pip was not found (python3 -m pip, python -m pip)');
    return found;
  }

  return {
    /** Where a wheel lies, read from the index page of its project. */
    async wheelUrl(project, fileName) {
      const { stdout } = await runChecked(await python(), ['-c', printIndex], { env: environment });
      const page = `${stdout.trim().replace(/\/$/u, '')}/${project}/`;
      const response = await fetch(page, {
        headers: { accept: 'text/html, application/vnd.pypi.simple.v1+html;q=0.9' },
        signal: AbortSignal.timeout(pageTimeoutMs),
      });
      if (!response.ok) throw new Error(`the package index answered ${response.status}`);
      const url = findLink(await response.text(), fileName, response.url);
      if (url === undefined) throw new Error(`${fileName} is not in the package index`);
      return url;
    },

    /** Lets pip itself fetch a wheel into `folder`; its progress bar goes to stderr. */
    async download(requirement, folder, onSpawn) {
      const showProgress = process.stderr.isTTY === true;
      const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--python-version', '3.12'];
      args.push('--disable-pip-version-check', '--retries', '1', '--timeout', '30', '--dest', folder);
      if (!showProgress) args.push('--quiet');
      const stdio = ['ignore', showProgress ? 2 : 'pipe', 'pipe'];
      await runChecked(await python(), [...args, requirement], { env: environment, stdio, onSpawn });
    },
  };
}

/** The address of a file in an index page (HTML, PEP 503). */
export function findLink(html, fileName, base) {
  for (const [, reference] of html.matchAll(/href\s*=\s*["']([^"']+)["']/giu)) {
    const url = new URL(reference.replaceAll('&amp;', '&'), base);
    if (decodeURIComponent(url.pathname).endsWith(`/${fileName}`)) {
      url.hash = '';
      return url.href;
    }
  }
  return undefined;
}

async function findPython(environment) {
  for (const command of ['python3', 'python']) {
    try {
      const { code } = await runChild(command, ['-m', 'pip', '--version'], { env: environment });
      if (code === 0) return command;
    } catch (error) {
      if (error.code !== 'ENOENT' && error.code !== 'EACCES') throw error;
    }
  }
  return undefined;
}
