import { Arg, Query, Resolver } from 'type-graphql';
import { CurrentViewer } from '../access/context';
import type { Viewer } from '../access/viewer';
import { pageArgs, type Page } from '../graphql/page';
import { AskedPage, PageArguments } from '../graphql/page-arguments';
import type { AuditTrail } from './audit-trail';
import type { AuditEventRow } from './audit.entity';
import { AuditEventFilter } from './audit.inputs';
import { AuditEvent, AuditEventConnection } from './audit.types';

@Resolver(() => AuditEvent)
export class AuditResolver {
  constructor(private readonly audit: AuditTrail) {}

  @Query(() => AuditEventConnection, {
    nullable: true,
    description: 'Every change and every use of a key in the agency, the newest first.',
  })
  async auditEvents(
    @CurrentViewer() viewer: Viewer,
    @AskedPage() page: PageArguments,
    @Arg('filter', () => AuditEventFilter, {
      nullable: true,
      description: 'Which events are wanted; all of them when not given.',
    })
    filter: AuditEventFilter | null,
  ): Promise<Page<AuditEvent>> {
    const { types = null, clientId = null, actorId = null, since = null, until = null } = filter ?? {};
    const withoutClient = filter?.withoutClient ?? false;
    const wanted = { types, clientId, withoutClient, actorId, since, until };
    return (await this.audit.list(viewer, pageArgs('AuditEvent', page), wanted)).map(toAuditEvent);
  }
}

const NOTHING = {
  agentId: null,
  callId: null,
  personId: null,
  serviceTokenId: null,
  gatewayTokenId: null,
  keyHandInId: null,
  keyLinkId: null,
  outgoingWebhookId: null,
  acceptsValidHandIns: null,
  provider: null,
  keySource: null,
  maskedKey: null,
  status: null,
  name: null,
  role: null,
  permissions: null,
  reason: null,
};

export function toAuditEvent(row: AuditEventRow): AuditEvent {
  const details = JSON.parse(row.details) as Partial<AuditEvent> & { version?: number };
  return { ...NOTHING, ...row, ...details, keyVersion: details.version ?? null };
}
