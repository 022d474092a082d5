import { readFileSync } from 'node:fs';

/**
 * What tells a process from a later one with the same number: on Linux its start time, elsewhere nothing.
 * `undefined` where there is no such process.
 *
 * @returns {string | undefined}
 */
export function processIdentity(pid) {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name in brackets may hold spaces, so fields are counted from its end: state is the 3rd, start time the 22nd.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
      return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
    } catch (error) {
      if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
      throw error;
    }
  }
  try {
    process.kill(pid, 0);
    return '';
  } catch (error) {
    return error.code === 'EPERM' ? '' : undefined;
  }
}

/** `{ pid, identity }` of a process, to be asked later whether it still runs. */
export function identify(pid) {
  return { pid, identity: processIdentity(pid) ?? '' };
}

/** Whether the very process that `identify` saw still runs. */
export function isRunning({ pid, identity }) {
  return processIdentity(pid) === identity;
}
