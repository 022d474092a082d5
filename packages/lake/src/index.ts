export type { Column, ColumnType } from './column.ts';
export { datasetNames, datasets } from './datasets.ts';
export type { Dataset, DatasetName } from './dataset.ts';
export type { DatasetExport } from './export-dataset.ts';
export { exportLake, type LakeExportOptions } from './export-lake.ts';
export { lakeFormats, type LakeFormat } from './part-writer.ts';
