import type { AuditTrail } from '../audit/audit-trail';
import type { InvitationService } from '../people/invitation.service';
import type { PersonService } from '../people/person.service';
import type { ServiceTokenService } from '../people/service-token.service';
import type { AgencyService } from '../agencies/agency.service';
import type { ClientService } from '../clients/client.service';
import type { AgentImportService } from '../accounts/agent-import.service';
import type { PhoneNumberService } from '../accounts/phone-number.service';
import type { AgentService } from '../agents/agent.service';
import type { UploadKeys } from '../vault/upload-keys';
import type { ApiKeyService } from '../keys/changes/api-key.service';
import type { KeyCheckService } from '../keys/checks/key-check.service';
import type { KeyResolverService } from '../keys/resolution/key-resolver.service';
import type { CallContentService } from '../calls/call-content.service';
import type { CallEndService } from '../calls/call-end.service';
import type { CallHistoryService } from '../calls/call-history.service';
import type { CallPlacementService } from '../calls/call-placement.service';
import type { WebhookEndpointService } from '../events/webhook-endpoint.service';
import type { GatewayTokenService } from '../gateway/gateway-token.service';
import type { HandInService } from '../intake/hand-in.service';
import type { HandInDecisionService } from '../intake/hand-in-decision.service';
import type { KeyLinkService } from '../intake/key-link.service';

/** What the resolvers of the schema call. */
export interface Services {
  readonly audit: AuditTrail;
  readonly people: PersonService;
  readonly invitations: InvitationService;
  readonly serviceTokens: ServiceTokenService;
  readonly gatewayTokens: GatewayTokenService;
  readonly agencies: AgencyService;
  readonly clients: ClientService;
  readonly agents: AgentService;
  readonly uploadKeys: UploadKeys;
  readonly keys: ApiKeyService;
  readonly keyChecks: KeyCheckService;
  readonly keyResolver: KeyResolverService;
  readonly agentImport: AgentImportService;
  readonly phoneNumbers: PhoneNumberService;
  readonly calls: CallHistoryService;
  readonly callPlacement: CallPlacementService;
  readonly callEnd: CallEndService;
  readonly callContents: CallContentService;
  readonly webhookEndpoints: WebhookEndpointService;
  readonly handIns: HandInService;
  readonly handInDecisions: HandInDecisionService;
  readonly keyLinks: KeyLinkService;
}
