import { readSettings } from '@millrace/runtime';
import type { Outcome } from '../outcome.ts';
import { serverSettings } from '../server-settings.ts';
import { explainAudit } from './explain.ts';
import { exportAudit } from './export.ts';
import { auditHelpText, type AuditCommand } from './parse-audit.ts';
import { publicKeyAudit } from './public-key.ts';
import { receiptAudit } from './receipt.ts';
import { verifyAudit } from './verify.ts';

/** Runs a command of `audit`, or `explain`. */
export async function runAudit(
  command: AuditCommand,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Outcome> {
  const settings = readSettings(serverSettings, environment);
  switch (command.kind) {
    case 'audit-help':
      return { text: auditHelpText, json: { help: auditHelpText }, isGood: true };
    case 'audit-export':
      return await exportAudit(command, settings);
    case 'audit-verify':
      return await verifyAudit(command, settings);
    case 'audit-receipt':
      return await receiptAudit(command, settings);
    case 'audit-public-key':
      return await publicKeyAudit(settings);
    case 'explain':
      return await explainAudit(command, settings);
  }
}
