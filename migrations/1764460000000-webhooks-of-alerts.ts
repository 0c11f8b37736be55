import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addMissingColumn, dropColumnIfThere } from './columns';

const COLUMNS = [
  ['outgoingWebhookId', 'varchar(36) NULL'],
  ['outgoingWebhookHost', 'varchar(1024) NULL'],
] as const;

const OPEN = "FROM alerts WHERE kind = 'OUTGOING_WEBHOOK_OFF' AND isOpen = 1";

/** An alert that a webhook is off says which one, also when that webhook is deleted. */
export class WebhooksOfAlerts1764460000000 implements MigrationInterface {
  // On MySQL, a migration that is killed may leave its columns behind, and is run again.
  async up(runner: QueryRunner): Promise<void> {
    for (const [column, type] of COLUMNS) await addMissingColumn(runner, 'alerts', column, type);
    const open = (await runner.query(
      `SELECT o.id AS alertId, w.id, w.url FROM (SELECT id, SUBSTR(cause, -36) AS webhookId ${OPEN}) o
JOIN outgoing_webhooks w ON w.id = o.webhookId`,
    )) as { alertId: string; id: string; url: string }[];
    for (const { alertId, id, url } of open)
      await runner.query('UPDATE alerts SET outgoingWebhookId = ?, outgoingWebhookHost = ? WHERE id = ?', [
        id,
        new URL(url).host,
        alertId,
      ]);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [column] of COLUMNS) await dropColumnIfThere(runner, 'alerts', column);
  }
}
