import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { installArchiveMembers } from './archive-part.mjs';
import { extractBrotliMember, extractBrotliTarMember } from './brotli-member.mjs';
import { Interrupted } from './child-process.mjs';
import { createNpmClient } from './npm-client.mjs';
import { reasonOf, SetUpError } from './set-up-error.mjs';

const supply = ['MILLRACE_BROWSER=/path/to/chromium (or Chrome, or Edge)'];
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const applications = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/**
 * A browser for the tests: `MILLRACE_BROWSER`, else the pinned Chromium in the cache, else one of this machine. Where there is none,
 * and none is pinned for the platform, that is said in a line and the tests that need one are skipped.
 *
 * @param {import('./set-up.mjs').Workshop} workshop
 * @returns {Promise<NodeJS.ProcessEnv>} the settings that name it, and the folder of the libraries that came with it
 * @throws {SetUpError}
 */
export async function provideBrowser(workshop) {
  const { environment, cache, parts, platform, reporter } = workshop;
  if (environment.MILLRACE_BROWSER) return { MILLRACE_BROWSER: givenBrowser(environment.MILLRACE_BROWSER) };
  const { version, platforms } = parts.chromium;
  const pin = platforms[platform];
  if (pin !== undefined) {
    const folder = join(cache, `chromium-${version}`);
    await provideChromium(workshop, pin, folder);
    return {
      MILLRACE_BROWSER: join(folder, 'chromium'),
      MILLRACE_BROWSER_LIBRARIES: join(folder, 'libraries'),
    };
  }
  const found = [...onPath(environment), ...applications].find((path) => isExecutable(path));
  if (found !== undefined) return { MILLRACE_BROWSER: found };
  reporter.line(
    `there will be no tests in a browser: none is pinned for ${platform}, and ${supply[0]} is not set`,
  );
  return {};
}

async function provideChromium(workshop, pin, folder) {
  const { checksums, environment, parts, root } = workshop;
  const { package: name, version } = parts.chromium;
  const members = [
    {
      destination: join(folder, 'chromium'),
      sha256: pin.sha256,
      mode: 0o755,
      extract: (archive, target) => extractBrotliMember(archive, pin.member, target),
    },
    ...pin.libraries.map((library) => ({
      destination: join(folder, 'libraries', library.name),
      sha256: library.sha256,
      mode: 0o755,
      extract: (archive, target) =>
        extractBrotliTarMember(archive, pin.librariesMember, `lib/${library.name}`, target),
    })),
  ];
  const isReady = async () => {
    for (const { destination, sha256 } of members)
      if (!(await checksums.holds(destination, sha256))) return false;
    return true;
  };
  if (await isReady()) return;
  await workshop.exclusively(async ({ guard }) => {
    if (await isReady()) return;
    const npm = createNpmClient({ node: process.execPath, environment, root });
    try {
      await installArchiveMembers({
        title: `Chromium ${version}`,
        archive: {
          file: pin.file,
          bytes: pin.archiveBytes,
          algorithm: 'sha512',
          encoding: 'base64',
          digest: pin.integrity.replace('sha512-', ''),
        },
        members,
        locate: () => npm.archiveUrl(name, version),
        fetchByClient: (target) => npm.pack(name, version, target, guard),
        workshop,
      });
    } catch (error) {
      if (error instanceof Interrupted || error instanceof SetUpError) throw error;
      throw new SetUpError('the browser of the tests is missing.', {
        looked: [
          'MILLRACE_BROWSER (not set)',
          `the cache: ${folder}`,
          `npm ${name}@${version}: ${reasonOf(error)}`,
        ],
        supply,
        cause: error,
      });
    }
  });
}

function givenBrowser(given) {
  const path = resolve(given);
  if (isExecutable(path)) return path;
  throw new SetUpError(`MILLRACE_BROWSER is ${path}, which is not a program.`, { supply });
}

function onPath({ PATH = '' }) {
  const folders = PATH.split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name)));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch (error) {
    if (error.code === undefined) throw error;
    return false;
  }
}
