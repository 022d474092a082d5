import type { AdminOption } from './admin-command.ts';

/** Options that several commands have. */
export const text = (summary: string): AdminOption => ({ kind: 'text', summary });
export const list = (summary: string): AdminOption => ({ kind: 'list', summary });
export const integer = (summary: string): AdminOption => ({ kind: 'integer', summary });
export const flag = (summary: string): AdminOption => ({ kind: 'flag', summary });
export const onOff = (summary: string): AdminOption => ({ kind: 'switch', summary });
export const file = (summary: string): AdminOption => ({ kind: 'file', summary });
export const json = (summary: string): AdminOption => ({ kind: 'json', summary });
export const orNone = (option: AdminOption): AdminOption => ({
  ...option,
  summary: `${option.summary}; none for no bound`,
  isNullable: true,
});

export const ofTenant = { tenant: text('of this tenant alone') };
export const ofOrganisation = { organisation: text('of this organisation alone') };
