import { canManageServiceTokens, isAdmin, type PortalPermission, type Viewer } from '../access/viewer';

/** Who may ask for a field. Everyone has signed in; `null` is nobody known. */
export interface Requirement {
  /** As the schema's descriptions say it; empty where nothing is required beyond what led to the field. */
  readonly words: string;
  allows(viewer: Viewer | null): boolean;
}

/** Nothing beyond what the field's parent required. The shield leaves such fields alone. */
export const open: Requirement = { words: '', allows: () => true };
const signedIn: Requirement = { words: 'signed in', allows: (viewer) => viewer !== null };
const agencyAdmin: Requirement = { words: 'agency admin', allows: (viewer) => viewer !== null && isAdmin(viewer) };

const agencyAdminInPerson: Requirement = {
  words: 'agency admin in person, not by a service token',
  allows: (viewer) => viewer !== null && canManageServiceTokens(viewer),
};

// People of the agency hold every permission.
const permission = (name: PortalPermission): Requirement => ({
  words: `agency admin, agency member, or the portal permission ${name}`,
  allows: (viewer) => viewer !== null && viewer.permissions.includes(name),
});

const viewAgents = permission('VIEW_AGENTS');
const viewCalls = permission('VIEW_CALLS');
const viewCallDetails = permission('VIEW_CALL_DETAILS');

/**
 * Every field of the schema and what it requires, on one page. A type with one requirement has it on all of its fields. A field that
 * stands here but not in the schema, or the other way round, stops the start. Whose rows a field shows is not said here: services
 * scope every load by the viewer's agency and, for portal users, by its client.
 */
export const policy: Readonly<Record<string, Requirement | Readonly<Record<string, Requirement>>>> = {
  Query: {
    viewer: signedIn,
    agency: signedIn,
    client: signedIn,
    clients: signedIn,
    agent: viewAgents,
    agents: viewAgents,
    call: viewCalls,
    calls: viewCalls,
    serviceTokens: agencyAdminInPerson,
  },
  Mutation: {
    setClientApiKeys: agencyAdmin,
    setAgencyApiKeys: agencyAdmin,
    clearClientApiKeys: agencyAdmin,
    clearAgencyApiKeys: agencyAdmin,
    verifyClientApiKeys: agencyAdmin,
    verifyAgencyApiKeys: agencyAdmin,
    previewClientApiKeyChange: agencyAdmin,
    startTestCall: agencyAdmin,
    createClient: agencyAdmin,
    archiveClient: agencyAdmin,
    restoreClient: agencyAdmin,
    createAgent: agencyAdmin,
    createServiceToken: agencyAdminInPerson,
    revokeServiceToken: agencyAdminInPerson,
  },

  Viewer: open,
  Agency: { id: open, name: open, apiKeys: agencyAdmin },
  Client: { id: open, name: open, archivedAt: open, apiKeys: agencyAdmin, agents: viewAgents },
  Agent: {
    id: open,
    name: open,
    provider: open,
    providerAgentId: open,
    fromNumber: open,
    client: open,
    keyResolution: agencyAdmin,
  },
  Call: {
    id: open,
    agent: open,
    client: open,
    provider: open,
    kind: open,
    direction: open,
    status: open,
    createdAt: open,
    toNumber: viewCallDetails,
    providerCallId: viewCallDetails,
    error: viewCallDetails,
    keySource: agencyAdmin,
    keyVersion: agencyAdmin,
  },

  // Only fields for agency admins lead to these (a guard test walks every path); the mask is checked once more.
  ApiKey: {
    provider: open,
    isSet: open,
    maskedKey: agencyAdmin,
    region: open,
    status: open,
    version: open,
    updatedAt: open,
    lastVerifiedAt: open,
    lastError: open,
  },
  KeyResolution: open,
  KeyResolutionStep: open,
  ApiKeyVerification: open,
  ApiKeyChangePreview: open,
  ApiKeyClearEffect: open,

  ServiceToken: open,
  ProviderError: open,
  UserError: open,

  PageInfo: open,
  ClientConnection: open,
  ClientEdge: open,
  AgentConnection: open,
  AgentEdge: open,
  CallConnection: open,
  CallEdge: open,
  ServiceTokenConnection: open,
  ServiceTokenEdge: open,
  SetApiKeysPayload: open,
  ClearApiKeysPayload: open,
  VerifyApiKeysPayload: open,
  PreviewClientApiKeyChangePayload: open,
  StartTestCallPayload: open,
  CreateClientPayload: open,
  ArchiveClientPayload: open,
  CreateAgentPayload: open,
  CreateServiceTokenPayload: open,
  RevokeServiceTokenPayload: open,
};
