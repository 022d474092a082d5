import { chromium, type Browser } from 'playwright-core';

/** Whether the set-up has found a browser for this machine. */
export const hasBrowser = process.env['MILLRACE_BROWSER'] !== undefined;

/** Starts the browser that the set-up has found, without a window. */
export async function launchBrowser(): Promise<Browser> {
  const { MILLRACE_BROWSER, MILLRACE_BROWSER_LIBRARIES, ...env } = process.env;
  if (MILLRACE_BROWSER === undefined) throw new Error('MILLRACE_BROWSER is not set: run npm test');
  return chromium.launch({
    executablePath: MILLRACE_BROWSER,
    env: {
      ...definedOf(env),
      ...(MILLRACE_BROWSER_LIBRARIES === undefined ? {} : { LD_LIBRARY_PATH: MILLRACE_BROWSER_LIBRARIES }),
    },
  });
}

function definedOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
