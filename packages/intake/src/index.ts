export { contentTypes, intakeHeaders, sourceHeaderPrefix } from './intake-headers.ts';
export type { IntakeMessage } from './intake-message.ts';
export type { NamedPlace } from './intake-request-id.ts';
export { intakeSettings, type IntakeSettings } from './intake-settings.ts';
export { createIntakeTenants, type IntakeTenants } from './intake-tenants.ts';
export { addressOf, type AnswerAddress } from './read-intake.ts';
export { rejectMessage, type RejectDependencies, type RejectedMessage } from './reject-message.ts';
export { startIntake } from './start-intake.ts';
