import type { CommandGroup } from '../command-group.ts';
import { auditHelpText, parseAudit } from './parse-audit.ts';
import { runAudit } from './run-audit.ts';

export const auditGroup: CommandGroup = {
  name: 'audit',
  help: auditHelpText,
  verbs: {
    export: ['tenant', 'to'],
    verify: ['key', 'checkpoints', 'receipt'],
    receipt: ['tenant', 'to'],
    'public-key': [],
  },
  read(args) {
    const command = parseAudit(['audit', ...args]);
    return ({ environment }) => runAudit(command, environment);
  },
};

export const explainGroup: CommandGroup = {
  name: 'explain',
  help: auditHelpText,
  verbs: {},
  read(args) {
    const command = parseAudit(['explain', ...args]);
    return ({ environment }) => runAudit(command, environment);
  },
};
