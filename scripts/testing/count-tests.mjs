/**
 * Counts the tests in vitest's JSON results. A file that could not be run counts as a failed test, and so does a run
 * that went wrong in any other way: nothing ran, or an error outside of every test.
 *
 * @param {{ numPassedTests: number, numFailedTests: number,
 *   testResults: { status: string, assertionResults: { status: string }[] }[] } | undefined} results
 * @param {number} exitCode of vitest
 * @returns {{ passed: number, failed: number }}
 */
export function countTests(results, exitCode) {
  const passed = results?.numPassedTests ?? 0;
  const failedTests = results?.numFailedTests ?? 0;
  const brokenFiles = (results?.testResults ?? []).filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  ).length;
  const failed = failedTests + brokenFiles;
  const wentWrong = exitCode !== 0 || passed + failed === 0;
  return { passed, failed: failed === 0 && wentWrong ? 1 : failed };
}
