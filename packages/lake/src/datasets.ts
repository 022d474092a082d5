import { auditDataset } from './audit-dataset.ts';
import { billingDataset } from './billing-dataset.ts';
import type { Dataset, DatasetName } from './dataset.ts';
import { requestsDataset } from './requests-dataset.ts';

/** All tables of a lake. */
export const datasets: Readonly<Record<DatasetName, Dataset>> = {
  requests: requestsDataset,
  billing: billingDataset,
  audit: auditDataset,
};

export const datasetNames = Object.keys(datasets) as readonly DatasetName[];
