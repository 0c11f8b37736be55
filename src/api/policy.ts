import {
  canEditAgents,
  canHandInApiKeys,
  canManageAccess,
  canStartCalls,
  canViewCosts,
  canViewIntegrations,
} from '../access/abilities';
import type { Identity } from '../access/identity';
import type { PortalPermission } from '../access/portal-permissions';
import { isAdmin, type Viewer } from '../access/viewer';

/** Who may ask for a field. A viewer has signed in; `null` stands for somebody whom nobody knows. */
export interface Requirement {
  /** The words of the schema's descriptions; empty where nothing is required beyond what led to the field. */
  readonly words: string;
  /** The identity is that of someone who signed in at the issuer, and whom perhaps no agency knows. */
  allows(viewer: Viewer | null, identity?: Identity | null): boolean;
}

/** Requires nothing beyond what the field's parent required. The shield leaves such fields alone. */
export const open: Requirement = { words: '', allows: () => true };
const viewersWho = (may: (viewer: Viewer) => boolean, words: string): Requirement => ({
  words,
  allows: (viewer) => viewer !== null && may(viewer),
});
const signedIn = viewersWho(() => true, 'signed in');
// This is the only requirement that lets somebody through whom no agency knows.
const signedInAtIssuer: Requirement = {
  words: 'signed in at the issuer in person, whether or not an agency knows the person',
  allows: (_viewer, identity) => identity != null,
};
const agencyAdmin = viewersWho(isAdmin, 'agency admin');
const agencyAdminInPerson = viewersWho(canManageAccess, 'agency admin in person, not by a service token');
// People of the agency hold every permission.
const permission = (name: PortalPermission) =>
  viewersWho(
    ({ permissions }) => permissions.includes(name),
    `agency admin, agency member, or the portal permission ${name}`,
  );
const startCalls = viewersWho(canStartCalls, 'agency admin or agency member');
const editAgents = viewersWho(canEditAgents, 'agency admin, or the portal permission EDIT_AGENTS');
const viewIntegrations = viewersWho(
  canViewIntegrations,
  'agency admin, or the portal permission VIEW_INTEGRATIONS',
);
const viewCosts = viewersWho(canViewCosts, 'agency admin, or the portal permission MANAGE_BILLING');
const handInKeys = viewersWho(canHandInApiKeys, 'the portal permission MANAGE_INTEGRATIONS');
const viewAgents = permission('VIEW_AGENTS');
const viewCalls = permission('VIEW_CALLS');
const viewCallDetails = permission('VIEW_CALL_DETAILS');
const viewAnalytics = permission('VIEW_ANALYTICS');

/**
 * Every field of the schema and what it requires, on one page. A type with one requirement has it on all of
 * its fields. Payloads, connections and edges that are not listed are open. A field of any other type that
 * stands here but not in the schema, or the other way round, stops the start. Whose rows a field shows is not
 * said here: services scope every load by the viewer's agency and, for portal users, by its client.
 */
export const policy: Readonly<Record<string, Requirement | Readonly<Record<string, Requirement>>>> = {
  Query: {
    // Each type of object is found only by viewers who may ask for the field that shows it.
    node: signedIn,
    viewer: signedIn,
    agency: signedIn,
    client: signedIn,
    clients: signedIn,
    agent: viewAgents,
    agents: viewAgents,
    call: viewCalls,
    calls: viewCalls,
    callSummary: viewAnalytics,
    callAnalytics: viewAnalytics,
    people: agencyAdmin,
    grantedAccess: agencyAdminInPerson,
    serviceTokens: agencyAdminInPerson,
    gatewayTokens: agencyAdminInPerson,
    auditEvents: agencyAdmin,
    apiKeyUploadKey: signedIn,
    keyHandIns: viewIntegrations,
    keyLinks: agencyAdmin,
    webhookEndpoints: agencyAdmin,
    phoneNumbers: agencyAdmin,
    outgoingWebhooks: agencyAdmin,
    webhookDeliveries: agencyAdmin,
    alerts: agencyAdmin,
    rates: agencyAdmin,
    statement: viewCosts,
    statements: viewCosts,
    invitations: signedInAtIssuer,
    memberships: signedInAtIssuer,
  },
  Mutation: {
    setClientApiKeys: agencyAdmin,
    setAgencyApiKeys: agencyAdmin,
    clearClientApiKeys: agencyAdmin,
    clearAgencyApiKeys: agencyAdmin,
    verifyClientApiKeys: agencyAdmin,
    verifyAgencyApiKeys: agencyAdmin,
    previewClientApiKeyChange: agencyAdmin,
    previewAgencyApiKeyChange: agencyAdmin,
    handInApiKey: handInKeys,
    previewKeyHandIn: agencyAdmin,
    acceptKeyHandIn: agencyAdmin,
    refuseKeyHandIn: agencyAdmin,
    // What these let in later would outlive the service token that did it.
    setHandInPolicy: agencyAdminInPerson,
    createKeyLink: agencyAdminInPerson,
    revokeKeyLink: agencyAdmin,
    startTestCall: agencyAdmin,
    startCall: startCalls,
    startWebCall: startCalls,
    endCall: startCalls,
    setWebhookSecret: agencyAdmin,
    rotateWebhookUrl: agencyAdmin,
    createOutgoingWebhook: agencyAdmin,
    updateOutgoingWebhook: agencyAdmin,
    deleteOutgoingWebhook: agencyAdmin,
    rotateOutgoingWebhookSecret: agencyAdmin,
    redeliverWebhook: agencyAdmin,
    redeliverFailedWebhooks: agencyAdmin,
    acknowledgeAlert: agencyAdmin,
    setAgencyTimeZone: agencyAdmin,
    setRate: agencyAdmin,
    finalizeStatement: agencyAdmin,
    createClient: agencyAdmin,
    renameClient: agencyAdmin,
    archiveClient: agencyAdmin,
    restoreClient: agencyAdmin,
    createAgent: agencyAdmin,
    importAgents: agencyAdmin,
    renameAgent: editAgents,
    updateAgent: agencyAdmin,
    assignAgent: agencyAdmin,
    acceptInvitation: signedInAtIssuer,
    declineInvitation: signedInAtIssuer,
    inviteAgencyPerson: agencyAdminInPerson,
    invitePortalUser: agencyAdminInPerson,
    changeAgencyPerson: agencyAdminInPerson,
    changePortalUser: agencyAdminInPerson,
    removePerson: agencyAdminInPerson,
    setAgencyPortalPermissions: agencyAdminInPerson,
    setClientPortalPermissions: agencyAdminInPerson,
    createServiceToken: agencyAdminInPerson,
    revokeServiceToken: agencyAdminInPerson,
    createGatewayToken: agencyAdminInPerson,
    revokeGatewayToken: agencyAdminInPerson,
  },

  Viewer: open,
  Agency: { id: open, name: open, timeZone: open, portalPermissions: agencyAdmin, apiKeys: agencyAdmin },
  Client: {
    id: open,
    name: open,
    archivedAt: open,
    portalPermissions: agencyAdmin,
    acceptsValidHandIns: agencyAdmin,
    apiKeys: agencyAdmin,
    agents: viewAgents,
  },
  Agent: {
    id: open,
    name: open,
    provider: open,
    providerAgentId: viewAgents,
    providerAgentKind: viewAgents,
    fromNumber: viewAgents,
    client: open,
    keyResolution: agencyAdmin,
    keyResolutionAt: agencyAdmin,
  },
  Call: {
    id: open,
    agent: open,
    client: open,
    provider: open,
    kind: open,
    origin: open,
    direction: open,
    status: open,
    createdAt: open,
    updatedAt: open,
    startedAt: open,
    endedAt: open,
    durationMs: open,
    endReason: open,
    costStatus: open,
    providerCost: viewCosts,
    toNumber: viewCallDetails,
    providerCallId: viewCallDetails,
    error: viewCallDetails,
    transcript: viewCallDetails,
    recordingUrl: viewCallDetails,
    keySource: agencyAdmin,
    keyVersion: agencyAdmin,
    isOtherAccount: agencyAdmin,
    receipt: agencyAdmin,
  },
  CallReceipt: open,
  // Only the payload of the mutation that starts the call leads to these.
  WebCallAccess: open,
  WebCallIceServer: open,
  Money: open,

  // Only fields for agency admins lead to these: a guard test walks every path.
  ApiKey: open,
  KeyResolution: open,
  KeyResolutionStep: open,
  ApiKeyVerification: open,
  ApiKeyChangePreview: open,
  ApiKeyClearEffect: open,
  MoneyMoved: open,
  ApiKeyWarning: open,
  ImportedAgent: open,
  PhoneNumber: open,
  PhoneNumberList: open,

  KeyHandIn: {
    id: open,
    client: open,
    provider: open,
    status: open,
    createdAt: open,
    expiresAt: open,
    decidedAt: open,
    reason: open,
    region: agencyAdmin,
    maskedKey: agencyAdmin,
    keyStatus: agencyAdmin,
    verifiedAt: agencyAdmin,
    handedInByKind: agencyAdmin,
    handedInByName: agencyAdmin,
    decidedByName: agencyAdmin,
  },
  KeyLink: open,
  WebhookEndpoint: open,
  OutgoingWebhook: open,
  WebhookDelivery: open,
  Alert: open,
  // Statements lead portal users to the rates that their clients pay.
  Rate: open,
  Statement: {
    id: open,
    number: open,
    client: open,
    status: open,
    finalFrom: open,
    from: open,
    to: open,
    lines: open,
    total: open,
    otherTotals: open,
    // The service answers 0 to portal users.
    callsOfUnknownCost: open,
    providerCostOfClient: open,
    callsOfUnknownCostOfClient: open,
    callsOfUnknownDuration: open,
    sha256: open,
    providerCost: agencyAdmin,
    providerCosts: agencyAdmin,
    lateProviderCosts: agencyAdmin,
    margin: agencyAdmin,
    marginMissing: agencyAdmin,
  },
  StatementLine: open,
  Person: open,
  Invitation: open,
  Membership: open,
  GrantedAccess: open,
  ApiKeyUploadKey: open,
  ApiKeyUploadJwk: open,
  ServiceToken: open,
  GatewayToken: open,
  AuditEvent: open,
  ProviderError: open,
  UserError: open,

  CallAnalytics: open,
  // What only admins see is null or 0 for others, so that one page serves them all.
  AnalyticsBucket: open,
  CallSummary: open,
  CallCount: open,
  PageInfo: open,
};

/** Types that only wrap what the field that leads to them required: they are open unless they are listed. */
export const WRAPPERS = /(?:Payload|Connection|Edge)$/;
