import type { Cluster } from '@millrace/embedded';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runSoak, soakSettings } from '../../bench/soak/run-soak.ts';
import { judgeSoak } from '../../bench/soak/soak-report.ts';
import { startTestCluster } from '../support/test-cluster.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startTestCluster({ env: soakSettings });
});

afterAll(() => cluster.stop());

it('sixty requests that are read, cancelled or left end in one way each, and leave no slot taken', async ({
  signal,
}) => {
  const report = await runSoak({ cluster, requests: 60, clients: 8, seed: 7, signal });
  expect(judgeSoak(report)).toEqual([]);
  expect(Object.keys(report.kinds).toSorted()).toEqual([
    'cancelled',
    'disconnected',
    'http',
    'http-disconnected',
    'whole',
  ]);
  expect(report.closings.byOutcome['completed']).toBeGreaterThan(30);
  expect(report.closings.byOutcome['cancelled']).toBeGreaterThan(0);
  expect(report.memory.every(({ residentBytes }) => residentBytes > 0)).toBe(true);
});
