/** The operations that tests send, each asking for all that it can. */
const WARNINGS = 'warnings { code provider message sharedWithAgency clients { id name } }';

export const SET_CLIENT = `mutation ($input: SetClientApiKeysInput!) { setClientApiKeys(input: $input) {
  apiKeys { provider isSet maskedKey status version region } ${WARNINGS} userErrors { code field message } } }`;
export const SET_AGENCY = `mutation ($input: SetAgencyApiKeysInput!) { setAgencyApiKeys(input: $input) {
  apiKeys { provider isSet maskedKey status version region } ${WARNINGS} userErrors { code field message } } }`;
export const CLEAR_CLIENT = `mutation ($input: ClearClientApiKeysInput!) { clearClientApiKeys(input: $input) {
  apiKeys { provider isSet maskedKey status version } agentsWithoutKey { id } effects { provider source agentCount agentsWithoutKeyCount }
  userErrors { code field } } }`;
export const CLEAR_AGENCY = `mutation ($input: ClearAgencyApiKeysInput!) { clearAgencyApiKeys(input: $input) {
  apiKeys { provider isSet version } agentsWithoutKey { id } effects { provider source agentCount agentsWithoutKeyCount }
  userErrors { code field } } }`;
export const VERIFY_CLIENT = `mutation ($input: VerifyClientApiKeysInput!) { verifyClientApiKeys(input: $input) {
  results { status error { code httpStatus message retryAfterSeconds } agentsMissingInAccount { id } agentsNotChecked
    apiKey { provider status lastVerifiedAt lastError { code } } } userErrors { code field } } }`;
export const VERIFY_AGENCY = `mutation ($input: VerifyAgencyApiKeysInput!) { verifyAgencyApiKeys(input: $input) {
  results { status error { code } agentsMissingInAccount { id } agentsNotChecked apiKey { provider status } } userErrors { code field } } }`;
export const PREVIEW = `mutation ($input: PreviewClientApiKeyChangeInput!) { previewClientApiKeyChange(input: $input) {
  preview { affectedAgents { id } affectedAgentCount agentsWithoutKey { id } agentsWithoutKeyCount agentsMissingInAccount { id } agentsNotChecked
    sourceBefore sourceAfter status } ${WARNINGS} userErrors { code field message } } }`;
export const START_CALL = `mutation ($input: StartTestCallInput!) { startTestCall(input: $input) {
  call { id status kind direction keySource keyVersion providerCallId toNumber error { code httpStatus message retryAfterSeconds } }
  userErrors { code field message } } }`;
export const START_WEB_CALL = `mutation ($input: StartWebCallInput!) { startWebCall(input: $input) {
  call { id status kind direction origin toNumber error { code } }
  access { url accessToken transport iceServers { urls username credential } expiresAt }
  userErrors { code field message } } }`;
export const START_LIVE_CALL = `mutation ($input: StartCallInput!) { startCall(input: $input) {
  call { id status kind direction origin toNumber providerCallId error { code } }
  userErrors { code field message } } }`;
export const END_CALL = `mutation ($input: EndCallInput!) { endCall(input: $input) {
  call { id status endReason durationMs costStatus } userErrors { code field message } } }`;
export const CREATE_CLIENT = `mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id name } userErrors { code field } } }`;
export const RENAME_CLIENT = `mutation ($input: RenameClientInput!) { renameClient(input: $input) { client { id name } userErrors { code field } } }`;
export const CREATE_AGENT = `mutation ($input: CreateAgentInput!) { createAgent(input: $input) {
  agent { id name fromNumber client { id } } userErrors { code field } } }`;
export const ARCHIVE = `mutation ($input: ArchiveClientInput!) { archiveClient(input: $input) { client { archivedAt } userErrors { code field } } }`;
export const RESTORE = `mutation ($input: ArchiveClientInput!) { restoreClient(input: $input) { client { archivedAt } userErrors { code field } } }`;
export const CLIENT_KEYS = `query ($id: ID!) { client(id: $id) {
  apiKeys { provider isSet maskedKey status version region updatedAt lastVerifiedAt lastError { code } } } }`;
export const RESOLUTION = `query ($id: ID!) { agent(id: $id) { keyResolution {
  source status version explanation sourceIfClientKeyCleared steps { source isSet taken reason } } } }`;
export const HAND_IN = `mutation ($input: HandInApiKeyInput!) { handInApiKey(input: $input) {
  keyHandIn { id provider status createdAt expiresAt decidedAt reason client { id } } userErrors { code field message } } }`;
const HAND_IN_FIELDS =
  'id provider region status maskedKey keyStatus verifiedAt handedInByKind handedInByName decidedByName decidedAt reason client { name }';
export const PENDING_HAND_INS = `{ keyHandIns(status: PENDING) { nodes { ${HAND_IN_FIELDS} } totalCount } }`;
export const PREVIEW_HAND_IN = `mutation ($input: PreviewKeyHandInInput!) { previewKeyHandIn(input: $input) {
  preview { status sourceBefore sourceAfter affectedAgents { id } agentsMissingInAccount { id } } warnings { code sharedWithAgency } userErrors { code field } } }`;
export const ACCEPT_HAND_IN = `mutation ($input: AcceptKeyHandInInput!) { acceptKeyHandIn(input: $input) {
  keyHandIn { ${HAND_IN_FIELDS} } apiKey { provider maskedKey status version lastVerifiedAt } warnings { code } userErrors { code field message } } }`;
export const REFUSE_HAND_IN = `mutation ($input: RefuseKeyHandInInput!) { refuseKeyHandIn(input: $input) { keyHandIn { ${HAND_IN_FIELDS} } userErrors { code field } } }`;
export const SET_HAND_IN_POLICY =
  'mutation ($input: SetHandInPolicyInput!) { setHandInPolicy(input: $input) { client { acceptsValidHandIns } userErrors { code field } } }';
export const CREATE_KEY_LINK = `mutation ($input: CreateKeyLinkInput!) { createKeyLink(input: $input) {
  url code keyLink { id provider region status failedCodes createdByName createdAt expiresAt usedAt revokedAt client { id } } userErrors { code field } } }`;
export const REVOKE_KEY_LINK = `mutation ($input: RevokeKeyLinkInput!) { revokeKeyLink(input: $input) { keyLink { id status revokedAt } userErrors { code field } } }`;

export interface UserErrors {
  readonly userErrors: readonly { code: string; field: string[] | null; message?: string }[];
}

/** `CODE field.path` for each error: what tests compare. */
export function codes({ userErrors }: UserErrors): string[] {
  return userErrors.map(({ code, field }) => `${code} ${(field ?? []).join('.')}`);
}
const ENDPOINT = 'provider client { id } url isSecretSet lastEventAt refusedEventCount';
export const ENDPOINTS = `query ($clientId: ID) { webhookEndpoints(clientId: $clientId) { ${ENDPOINT} } }`;
export const SET_WEBHOOK_SECRET = `mutation ($input: SetWebhookSecretInput!) { setWebhookSecret(input: $input) {
  endpoint { ${ENDPOINT} } userErrors { code field message } } }`;
const WEBHOOK = 'id url types publicKey previousSecretValidUntil offReason failingSince';
export const WEBHOOKS = `{ outgoingWebhooks { ${WEBHOOK} } }`;
export const CREATE_WEBHOOK = `mutation ($input: CreateOutgoingWebhookInput!) { createOutgoingWebhook(input: $input) {
  outgoingWebhook { ${WEBHOOK} } secret userErrors { code field message } } }`;
export const UPDATE_WEBHOOK = `mutation ($input: UpdateOutgoingWebhookInput!) { updateOutgoingWebhook(input: $input) {
  outgoingWebhook { ${WEBHOOK} } userErrors { code field } } }`;
export const DELETE_WEBHOOK = `mutation ($input: DeleteOutgoingWebhookInput!) { deleteOutgoingWebhook(input: $input) {
  outgoingWebhook { id } userErrors { code field } } }`;
export const ROTATE_SIGNING = `mutation ($input: RotateOutgoingWebhookSecretInput!) { rotateOutgoingWebhookSecret(input: $input) {
  outgoingWebhook { ${WEBHOOK} } secret userErrors { code field } } }`;
export const DELIVERIES = `query ($id: ID!, $status: WebhookDeliveryStatus, $first: Int, $after: String) {
  webhookDeliveries(outgoingWebhookId: $id, status: $status, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { id messageId type body status attempts dueAt fault httpStatus durationMs } } }`;
export const REDELIVER = `mutation ($input: RedeliverWebhookInput!) { redeliverWebhook(input: $input) {
  delivery { id status attempts } userErrors { code field } } }`;
export const REDELIVER_FAILED = `mutation ($input: RedeliverFailedWebhooksInput!) { redeliverFailedWebhooks(input: $input) {
  redeliveredCount hasMore userErrors { code field } } }`;
export const ROTATE_WEBHOOK_URL = `mutation ($input: RotateWebhookUrlInput!) { rotateWebhookUrl(input: $input) {
  endpoint { ${ENDPOINT} } userErrors { code field } } }`;

export const CREATE_GATEWAY_TOKEN = `mutation ($input: CreateGatewayTokenInput!) { createGatewayToken(input: $input) {
  token gatewayToken { id name prefix providers scopes client { id } expiresAt lastUsedAt revokedAt } userErrors { code field } } }`;
export const REVOKE_GATEWAY_TOKEN = `mutation ($input: RevokeGatewayTokenInput!) { revokeGatewayToken(input: $input) {
  gatewayToken { id revokedAt } userErrors { code field } } }`;
/** The rest of an input for `createGatewayToken`. */
export const GATEWAY_TOKEN = { name: 'n8n', providers: ['RETELL', 'VAPI', 'BLAND'], scopes: ['READ'] };
const RATE =
  'id client { id } keySource pricePerMinute currency firstIncrementSeconds incrementSeconds validFrom';
export const SET_RATE = `mutation ($input: SetRateInput!) { setRate(input: $input) {
  rate { ${RATE} } userErrors { code field message } } }`;
export const RATES = `query ($clientId: ID) { rates(clientId: $clientId) { nodes { ${RATE} } totalCount } }`;
const STATED = `id number client { id } status finalFrom from to total { amount currency } otherTotals { amount currency }
  lines { keySource rate { id } adjusts { id number } calls billedSeconds amount { amount currency } }
  providerCost { amount currency } providerCosts { amount currency }
  lateProviderCosts { amount currency } providerCostOfClient { amount currency }
  callsOfUnknownCost callsOfUnknownCostOfClient callsOfUnknownDuration margin { amount currency } marginMissing sha256`;
/** What a portal user may ask of the same: a refused field would hide from it what else an answer has. */
export const withoutCosts = (query: string) =>
  query.replace(/(p|lateP)roviderCosts? \{ amount currency \}|margin\w*( \{ amount currency \})?/g, '');
export const STATEMENT = `query ($clientId: ID!, $from: Date!, $to: Date!) {
  statement(clientId: $clientId, from: $from, to: $to) { ${STATED} } }`;
export const STATEMENT_NODE = `query ($id: ID!) { node(id: $id) { __typename ... on Statement { ${STATED} } } }`;
export const STATEMENTS = `query ($clientId: ID, $first: Int, $after: String) {
  statements(clientId: $clientId, first: $first, after: $after) { nodes { ${STATED} } pageInfo { hasNextPage endCursor } totalCount } }`;
export const FINALIZE = `mutation ($input: FinalizeStatementInput!) { finalizeStatement(input: $input) {
  statement { ${STATED} } userErrors { code field message } } }`;
