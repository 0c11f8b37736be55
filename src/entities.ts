import { AbsentAgentRow } from './keys/absent-agent.entity';
import { PersonRow } from './people/person.entity';
import { ServiceTokenRow } from './people/service-token.entity';
import { AgencyRow } from './agencies/agency.entity';
import { LateCallRow } from './billing/late-call.entity';
import { StatementRow } from './billing/statement.entity';
import { RateRow } from './billing/rate.entity';
import { AlertRow } from './alerts/alert.entity';
import { ChangedOwnerRow } from './agencies/changed-owner';
import { UnheardEndRow } from './calls/unheard-end';
import { AgentRow } from './agents/agent.entity';
import { AuditHeadRow } from './audit/audit-head.entity';
import { AuditEventRow } from './audit/audit.entity';
import { LeaseRow } from './database/lease';
import { CallRow } from './calls/call.entity';
import { ProviderCallRow } from './calls/provider-call.entity';
import { CallRevisionRow } from './calls/call-revision.entity';
import { LateCallChangeRow } from './calls/late-change.entity';
import { StrayCallRow } from './calls/stray-call.entity';
import { CallSumProgressRow } from './analytics/call-sum-progress.entity';
import { CallSumRow } from './analytics/call-sum.entity';
import { ClientRow } from './clients/client.entity';
import { ApiKeyRow } from './keys/api-key.entity';
import { KeyHandInRow } from './intake/key-hand-in.entity';
import { KeyLinkRow } from './intake/key-link.entity';
import { ProviderEventRow } from './events/provider-event.entity';
import { WebhookEndpointRow } from './events/webhook-endpoint.entity';
import { WebhookSecretRow } from './events/webhook-secret.entity';
import { ReconciliationRow } from './reconciliation/reconciliation.entity';
import { GatewayAttemptRow } from './gateway/gateway-attempt.entity';
import { GatewayTokenRow } from './gateway/gateway-token.entity';
import { DeliveryRow } from './deliveries/delivery.entity';
import { OutgoingWebhookSecretRow } from './deliveries/outgoing-webhook-secret.entity';
import { OutgoingWebhookRow } from './deliveries/outgoing-webhook.entity';
import { OutgoingMessageRow } from './outbox/message.entity';
import { MasterKeyCheckRow } from './vault/master-keys/master-key.entity';
import { UsedSealedKeyRow } from './vault/used-sealed-key.entity';
import { VaultKeyRow } from './vault/vault-key.entity';

export const entities = [
  AgencyRow,
  ClientRow,
  PersonRow,
  ServiceTokenRow,
  AgentRow,
  ApiKeyRow,
  MasterKeyCheckRow,
  VaultKeyRow,
  UsedSealedKeyRow,
  CallRow,
  RateRow,
  StatementRow,
  LateCallRow,
  CallRevisionRow,
  LateCallChangeRow,
  StrayCallRow,
  CallSumRow,
  CallSumProgressRow,
  KeyHandInRow,
  KeyLinkRow,
  WebhookEndpointRow,
  WebhookSecretRow,
  ChangedOwnerRow,
  AbsentAgentRow,
  UnheardEndRow,
  AlertRow,
  ProviderEventRow,
  ProviderCallRow,
  ReconciliationRow,
  GatewayTokenRow,
  OutgoingMessageRow,
  OutgoingWebhookRow,
  OutgoingWebhookSecretRow,
  DeliveryRow,
  GatewayAttemptRow,
  AuditEventRow,
  AuditHeadRow,
  LeaseRow,
];
