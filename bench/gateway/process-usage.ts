import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const pageBytes = 4_096;
const ticksPerSecond = 100;

interface ProcessFacts {
  readonly parent: number;
  readonly cpuMs: number;
  readonly residentBytes: number;
}

/** Processor time and memory of a process and all that it has started (Linux: proc_pid_stat(5)). */
export function usageOf(pid: number): { readonly cpuMs: number; readonly residentBytes: number } {
  const own = [...familyOf(pid).values()];
  return {
    cpuMs: own.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    residentBytes: own.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
  };
}

/** A process and all that it has started, by their ids. */
function familyOf(pid: number): ReadonlyMap<number, ProcessFacts> {
  const all = new Map<number, ProcessFacts>();
  for (const name of readdirSync('/proc')) {
    const facts = /^\d+$/u.test(name) ? factsOf(name) : undefined;
    if (facts !== undefined) all.set(Number(name), facts);
  }
  const isOwn = (each: number | undefined): boolean =>
    each !== undefined && each > 1 && (each === pid || isOwn(all.get(each)?.parent));
  return new Map([...all].filter(([each]) => isOwn(each)));
}

function factsOf(pid: string): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [parent = 0, user = 0, system = 0, pages = 0] = [fields[1], fields[11], fields[12], fields[21]];
    return {
      parent,
      cpuMs: ((user + system) * 1_000) / ticksPerSecond,
      residentBytes: pages * pageBytes,
    };
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}

/** Binds a process to one core, with all that it has started and what it starts from now on. */
export function bindToCore(pid: number, core: number): void {
  for (const each of familyOf(pid).keys())
    execFileSync('taskset', ['-a', '-c', '-p', String(core), String(each)], { stdio: 'ignore' });
}
