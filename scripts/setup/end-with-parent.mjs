const everyMs = 500;

/**
 * Ends this process by SIGTERM when its parent is gone: npm passes a SIGTERM on to the shell of a script, which ends without telling
 * what it runs.
 */
export function endWithParent() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, everyMs);
  timer.unref();
}
