export { nameModelSettings, type NameModelSettings } from './settings.ts';
export { openNameModel, type NameModel } from './open-name-model.ts';
