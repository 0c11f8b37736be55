import type { RequestListener } from 'node:http';
import { VapiClient } from '@vapi-ai/server-sdk';
import Retell from 'retell-sdk';
import { AGENCYS_OWN_AGENT } from '../demo-ids';
import { gatewayToken, setAgencyKey } from '../gateway';
import { startTestApp, type TestApp } from '../harness';
import { Loopback } from '../providers/loopback';

const KEY = 'key_of_the_agency_0123456789';
const ID = '5f9c1f8e-2b7d-4b60-9d1c-000000000001';
const CALL = 'call_0123456789';

/** Answers with what it was asked, in pages of which each is the last one. */
const mirror: RequestListener = (incoming, outgoing) => {
  const { method, url } = incoming;
  const { 'content-type': type = null, accept = null, 'user-agent': agent = null } = incoming.headers;
  const asked = { method, url, type, accept, agent, body: upstream.seen.at(-1)?.body };
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify({ asked, items: [{ id: 'one' }], has_more: false, results: [] }));
};

let running: TestApp;
let upstream: Loopback;
let token: string;
beforeAll(async () => {
  upstream = await Loopback.start((incoming, outgoing) => mirror(incoming, outgoing));
  const { baseUrl } = upstream;
  running = await startTestApp({ RETELL_BASE_URL: baseUrl, VAPI_BASE_URL: baseUrl });
  ({ token } = await gatewayToken(running));
  for (const provider of ['RETELL', 'VAPI']) await setAgencyKey(running, provider, KEY);
});
afterAll(() => running.close().then(() => Loopback.closeAll()));

/** Lets an agent of the agency be the one that is named, at one provider after the other. */
const nameAgent = (provider: string) =>
  running.app.database.write((tx) =>
    tx.run('UPDATE agents SET provider = ?, providerAgentId = ? WHERE id = ?', [
      provider,
      ID,
      AGENCYS_OWN_AGENT,
    ]),
  );

const RETELL: Readonly<Record<string, (client: Retell) => PromiseLike<unknown>>> = {
  'agent.retrieve': ({ agent }) => agent.retrieve(ID, { version: 3 }),
  'agent.list': ({ agent }) => agent.list({ limit: 10 }),
  'agent.listVersions': ({ agent }) => agent.listVersions(ID, { limit: 2 }),
  'call.retrieve': ({ call }) => call.retrieve(CALL),
  'call.list': ({ call }) => call.list({ limit: 50, sort_order: 'descending' }),
  'call.stop': ({ call }) => call.stop(CALL),
  'chatAgent.retrieve': ({ chatAgent }) => chatAgent.retrieve('chat_agent_1'),
  'chatAgent.list': ({ chatAgent }) => chatAgent.list(),
  'chat.retrieve': ({ chat }) => chat.retrieve('chat_1'),
  'chat.list': ({ chat }) => chat.list({ limit: 3 }),
  'concurrency.retrieve': ({ concurrency }) => concurrency.retrieve(),
  'conversationFlow.retrieve': ({ conversationFlow }) => conversationFlow.retrieve('flow_1'),
  'conversationFlow.list': ({ conversationFlow }) => conversationFlow.list({ limit: 1 }),
  'conversationFlowComponent.retrieve': ({ conversationFlowComponent }) =>
    conversationFlowComponent.retrieve('component_1'),
  'conversationFlowComponent.list': ({ conversationFlowComponent }) => conversationFlowComponent.list(),
  'exportRequest.list': ({ exportRequest }) => exportRequest.list({ limit: 4 }),
  'identity.retrieve': ({ identity }) => identity.retrieve(),
  'knowledgeBase.retrieve': ({ knowledgeBase }) => knowledgeBase.retrieve('base_1'),
  'knowledgeBase.list': ({ knowledgeBase }) => knowledgeBase.list(),
  'llm.retrieve': ({ llm }) => llm.retrieve('llm_1', { version: 1 }),
  'llm.list': ({ llm }) => llm.list({ limit: 7 }),
  'mcpTool.getMcpTools': ({ mcpTool }) => mcpTool.getMcpTools(ID, { mcp_id: 'mcp_1' }),
  'phoneNumber.retrieve': ({ phoneNumber }) => phoneNumber.retrieve('+14155550100'),
  'phoneNumber.list': ({ phoneNumber }) => phoneNumber.list({ limit: 9 }),
  'tests.getBatchTest': ({ tests }) => tests.getBatchTest('batch_1'),
  'tests.getTestCaseDefinition': ({ tests }) => tests.getTestCaseDefinition('case_1'),
  'tests.getTestRun': ({ tests }) => tests.getTestRun('run_1'),
  'tests.listBatchTests': ({ tests }) => tests.listBatchTests({ type: 'retell-llm', llm_id: 'llm_1' }),
  'tests.listTestCaseDefinitions': ({ tests }) =>
    tests.listTestCaseDefinitions({ type: 'retell-llm', llm_id: 'llm_1' }),
  'tests.listTestRuns': ({ tests }) => tests.listTestRuns('batch_1', { limit: 5 }),
  'voice.retrieve': ({ voice }) => voice.retrieve('11labs-Adrian'),
  'voice.list': ({ voice }) => voice.list(),
  'voice.search': ({ voice }) => voice.search({ search_query: 'Anna' }),
};

const VAPI: Readonly<Record<string, (client: VapiClient) => PromiseLike<unknown>>> = {
  'assistants.list': ({ assistants }) => assistants.list({ limit: 10 }),
  'assistants.get': ({ assistants }) => assistants.get({ id: ID }),
  'calls.list': ({ calls }) => calls.list({ assistantId: ID, limit: 2 }),
  'calls.get': ({ calls }) => calls.get({ id: CALL }),
  'chats.list': ({ chats }) => chats.list({ limit: 2 }),
  'chats.get': ({ chats }) => chats.get({ id: 'chat_1' }),
  'campaigns.findAll': ({ campaigns }) => campaigns.campaignControllerFindAll({ limit: 2 }),
  'campaigns.findOne': ({ campaigns }) => campaigns.campaignControllerFindOne({ id: 'campaign_1' }),
  'sessions.list': ({ sessions }) => sessions.list({ assistantId: ID }),
  'sessions.get': ({ sessions }) => sessions.get({ id: 'session_1' }),
  'squads.list': ({ squads }) => squads.list({ limit: 3 }),
  'squads.get': ({ squads }) => squads.get({ id: 'squad_1' }),
  'tools.list': ({ tools }) => tools.list({ limit: 3 }),
  'tools.get': ({ tools }) => tools.get({ id: 'tool_1' }),
  'files.list': ({ files }) => files.list({ purpose: 'x' }),
  'files.get': ({ files }) => files.get({ id: 'file_1' }),
  'structuredOutputs.findAll': ({ structuredOutputs }) =>
    structuredOutputs.structuredOutputControllerFindAll({ limit: 2 }),
  'structuredOutputs.findOne': ({ structuredOutputs }) =>
    structuredOutputs.structuredOutputControllerFindOne({ id: 'output_1' }),
  'eval.getPaginated': (client) => client.eval.evalControllerGetPaginated({ limit: 2 }),
  'eval.get': (client) => client.eval.evalControllerGet({ id: 'eval_1' }),
  'eval.getRun': (client) => client.eval.evalControllerGetRun({ id: 'run_1' }),
  'eval.getRunsPaginated': (client) => client.eval.evalControllerGetRunsPaginated({ limit: 2 }),
  'simulations.findAll': ({ simulations }) => simulations.simulationControllerFindAll({ limit: 2 }),
  'simulations.findOne': ({ simulations }) => simulations.simulationControllerFindOne({ id: 'simulation_1' }),
  'simulations.getConcurrency': ({ simulations }) => simulations.simulationControllerGetConcurrency(),
  'simulationPersonalities.findAll': ({ simulationPersonalities }) =>
    simulationPersonalities.personalityControllerFindAll({ limit: 2 }),
  'simulationPersonalities.findOne': ({ simulationPersonalities }) =>
    simulationPersonalities.personalityControllerFindOne({ id: 'personality_1' }),
  'simulationScenarios.findAll': ({ simulationScenarios }) =>
    simulationScenarios.scenarioControllerFindAll({ limit: 2 }),
  'simulationScenarios.findOne': ({ simulationScenarios }) =>
    simulationScenarios.scenarioControllerFindOne({ id: 'scenario_1' }),
  'simulationSuites.findAll': ({ simulationSuites }) =>
    simulationSuites.simulationSuiteControllerFindAll({ limit: 2 }),
  'simulationSuites.findOne': ({ simulationSuites }) =>
    simulationSuites.simulationSuiteControllerFindOne({ id: 'suite_1' }),
  'simulationRuns.findAll': ({ simulationRuns }) =>
    simulationRuns.simulationRunControllerFindAll({ limit: 2 }),
  'simulationRuns.findOne': ({ simulationRuns }) =>
    simulationRuns.simulationRunControllerFindOne({ id: 'run_1' }),
  'insight.findAll': ({ insight }) => insight.insightControllerFindAll({ limit: 2 }),
  'insight.findOne': ({ insight }) => insight.insightControllerFindOne({ id: 'insight_1' }),
  'board.findAll': ({ board }) => board.boardControllerFindAll({ limit: 2 }),
  'board.findOne': ({ board }) => board.boardControllerFindOne({ id: 'board_1' }),
  'observabilityScorecard.get': ({ observabilityScorecard }) =>
    observabilityScorecard.scorecardControllerGet({ id: 'card_1' }),
  'observabilityScorecard.getPaginated': ({ observabilityScorecard }) =>
    observabilityScorecard.scorecardControllerGetPaginated({ limit: 2 }),
  'analytics.get': ({ analytics }) =>
    analytics.get({
      queries: [{ name: 'calls', table: 'call', operations: [{ operation: 'count', column: 'id' }] }],
    }),
};

const retell = (apiKey: string, baseURL: string) =>
  new Retell({ apiKey, baseURL, logLevel: 'off', maxRetries: 0 });
const vapi = (apiKey: string, baseUrl: string) => new VapiClient({ token: apiKey, baseUrl, maxRetries: 0 });

/** What the client answers, and what its provider saw of it. */
async function asked<C>(client: C, ask: (client: C) => PromiseLike<unknown>): Promise<unknown> {
  upstream.seen.length = 0;
  const answer = JSON.stringify(await ask(client));
  const seen = upstream.seen.map(({ method, url, body, headers: { authorization } }) => ({
    method,
    url,
    body,
    authorization,
  }));
  return { answer, seen };
}

test(`Retell’s client gets by ${Object.keys(RETELL).length} operations what it gets without the gateway`, async () => {
  expect(Object.keys(RETELL).length).toBeGreaterThanOrEqual(30);
  await nameAgent('RETELL');
  for (const [name, ask] of Object.entries(RETELL)) {
    const direct = await asked(retell(KEY, upstream.baseUrl), ask);
    const through = await asked(retell(token, `${running.url}/gateway/retell`), ask);
    expect({ name, ...(through as object) }).toEqual({ name, ...(direct as object) });
  }
});

test(`Vapi’s client gets by ${Object.keys(VAPI).length} operations what it gets without the gateway`, async () => {
  expect(Object.keys(VAPI).length).toBeGreaterThanOrEqual(30);
  await nameAgent('VAPI');
  for (const [name, ask] of Object.entries(VAPI)) {
    const direct = await asked(vapi(KEY, upstream.baseUrl), ask);
    const through = await asked(vapi(token, `${running.url}/gateway/vapi`), ask);
    expect({ name, ...(through as object) }).toEqual({ name, ...(direct as object) });
  }
});

test('both clients raise through the gateway the errors that they raise without it', async () => {
  const told = (error: unknown) => {
    const { name, status, statusCode, message, body } = error as Record<string, unknown>;
    return { name, status, statusCode, message, body };
  };
  for (const status of [400, 401, 402, 403, 404, 409, 422, 429, 500, 503]) {
    const refused = await Loopback.start((_incoming, outgoing) => {
      outgoing.writeHead(status, { 'content-type': 'application/json', 'retry-after': '0' });
      outgoing.end(JSON.stringify({ status: 'error', message: `Refused: ${status}`, statusCode: status }));
    });
    const refusing = await running.another({
      RETELL_BASE_URL: refused.baseUrl,
      VAPI_BASE_URL: refused.baseUrl,
    });
    const failure = (asking: PromiseLike<unknown>) => Promise.resolve(asking).then(() => null, told);
    const byRetell = (client: Retell) => failure(client.concurrency.retrieve());
    const byVapi = (client: VapiClient) => failure(client.squads.list());
    expect(await byRetell(retell(token, `${refusing.url}/gateway/retell`))).toEqual(
      await byRetell(retell(KEY, refused.baseUrl)),
    );
    expect(await byVapi(vapi(token, `${refusing.url}/gateway/vapi`))).toEqual(
      await byVapi(vapi(KEY, refused.baseUrl)),
    );
    await refusing.close();
  }
});
