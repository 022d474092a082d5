/**
 * Whether an installed tree (`node_modules/.package-lock.json`) is what the lock file asks for. What is optional
 * may be absent: other platforms' binaries are.
 *
 * @param {{ packages?: Record<string, LockedPackage> }} lock
 * @param {{ packages?: Record<string, LockedPackage> }} installed
 * @typedef {{ version?: string, integrity?: string, link?: boolean, resolved?: string, optional?: boolean, devOptional?: boolean }} LockedPackage
 */
export function matchesLock(lock, installed) {
  const wanted = lock.packages ?? {};
  const present = installed.packages ?? {};
  const wantedPaths = Object.keys(wanted).filter((path) => path.includes('node_modules/'));
  return (
    wantedPaths.every((path) => {
      const found = present[path];
      if (found === undefined) return wanted[path].optional === true;
      return identity(found) === identity(wanted[path]);
    }) && Object.keys(present).every((path) => !path.includes('node_modules/') || wanted[path] !== undefined)
  );
}

function identity({ version, integrity, link, resolved }) {
  return link ? `link ${resolved}` : `${version} ${integrity}`;
}

/** The folders that an install on this machine fills, to show how far it is. */
export function expectedFolders(lock, { platform, arch }) {
  return Object.entries(lock.packages ?? {})
    .filter(([path, entry]) => path.includes('node_modules/') && !entry.link)
    .filter(([, entry]) => allows(entry.os, platform) && allows(entry.cpu, arch))
    .filter(([, entry]) => entry.libc === undefined || platform !== 'linux' || entry.libc.includes('glibc'))
    .map(([path]) => path);
}

function allows(list, value) {
  if (list === undefined || list.length === 0) return true;
  return list.includes(value) || (list[0].startsWith('!') && !list.includes(`!${value}`));
}
