import type { GatewayPlacement, GatewayTable } from '../gateway-table';
import { field } from '../json';

const NODE = {
  client: `import Retell from 'retell-sdk';

const retell = new Retell({
  apiKey: process.env.LATCHKEY_GATEWAY_TOKEN,
  baseURL: 'ADDRESS',
});`,
  read: `console.log(await retell.agent.retrieve('AGENT_ID'));`,
  place: `console.log(await retell.call.createPhoneCall({
  override_agent_id: 'AGENT_ID',
  from_number: '+14155550100',
  to_number: '+14155550123',
}));`,
};

const PYTHON = {
  client: `import os
from retell import Retell

retell = Retell(
    api_key=os.environ["LATCHKEY_GATEWAY_TOKEN"],
    base_url="ADDRESS",
)`,
  read: `print(retell.agent.retrieve("AGENT_ID"))`,
  place: `print(retell.call.create_phone_call(
    override_agent_id="AGENT_ID",
    from_number="+14155550100",
    to_number="+14155550123",
))`,
};

function placementOf(agent: string, toNumber: GatewayPlacement['toNumber']): GatewayPlacement {
  return { agents: { [agent]: 'AGENT' }, refused: [], toNumber, metadata: ['metadata'] };
}

function listIn(json: unknown): readonly unknown[] {
  return Array.isArray(json) ? (json as unknown[]) : [];
}

/** From Retell's OpenAPI document and its SDK 5.66. */
export const retellGateway: GatewayTable = {
  operations: `
    READ GET /get-api-key-info
    READ GET /get-concurrency
    READ GET /get-agent/{agent} version
    READ GET /get-agent-versions/{agent}
    READ GET /list-agent-versions/{agent} limit pagination_key sort_order
    READ GET /get-mcp-tools/{agent} version mcp_id component_id
    READ GET /list-agents limit pagination_key pagination_key_version is_latest
    READ POST /v2/list-agents limit pagination_key sort_order
    READ GET /v2/get-call/{call}
    READ POST /v2/list-calls
    READ POST /v3/list-calls
    READ GET /v2/list-export-requests limit pagination_key sort_order
    READ GET /get-chat-agent/{} version
    READ GET /get-chat-agent-versions/{}
    READ GET /list-chat-agents limit pagination_key pagination_key_version is_latest
    READ GET /get-chat/{}
    READ GET /list-chat sort_order limit pagination_key
    READ POST /v3/list-chats
    READ GET /get-retell-llm/{} version
    READ GET /list-retell-llms limit pagination_key pagination_key_version is_latest
    READ GET /v2/list-retell-llms limit pagination_key sort_order
    READ GET /get-conversation-flow/{} version
    READ GET /list-conversation-flows limit pagination_key pagination_key_version is_latest
    READ GET /v2/list-conversation-flows limit pagination_key sort_order
    READ GET /get-conversation-flow-component/{}
    READ GET /list-conversation-flow-components
    READ GET /v2/list-conversation-flow-components limit pagination_key sort_order
    READ GET /get-knowledge-base/{}
    READ GET /list-knowledge-bases
    READ GET /get-phone-number/{}
    READ GET /list-phone-numbers
    READ GET /v2/list-phone-numbers limit pagination_key sort_order
    READ GET /get-voice/{}
    READ GET /list-voices
    READ POST /search-community-voice
    READ GET /get-test-case-definition/{}
    READ GET /list-test-case-definitions type llm_id conversation_flow_id version
    READ GET /v2/list-test-case-definitions type llm_id conversation_flow_id version limit pagination_key sort_order
    READ GET /get-batch-test/{}
    READ GET /list-batch-tests type llm_id conversation_flow_id version
    READ GET /v2/list-batch-tests type llm_id conversation_flow_id version limit pagination_key sort_order
    READ GET /get-test-run/{}
    READ GET /list-test-runs/{}
    READ GET /v2/list-test-runs/{} limit pagination_key sort_order
    PLACE_CALLS POST /v2/stop-call/{call}
    PLACE_CALLS POST /create-knowledge-base upload
    PLACE_CALLS POST /add-knowledge-base-sources/{} upload`,
  agentsInBody: {
    '/v2/list-calls': (json) => listIn(field(field(json, 'filter_criteria'), 'agent_id')),
    '/v3/list-calls': (json) =>
      listIn(field(field(json, 'filter_criteria'), 'agent')).map((agent) => field(agent, 'agent_id')),
  },
  placements: {
    '/v2/create-phone-call': placementOf('override_agent_id', ['to_number']),
    '/v2/create-web-call': placementOf('agent_id', null),
    '/v3/create-web-call': placementOf('agent_id', null),
  },
  example: {
    read: '/get-agent/AGENT_ID',
    place: '/v2/create-phone-call',
    body: { override_agent_id: 'AGENT_ID', from_number: '+14155550100', to_number: '+14155550123' },
    clients: { node: NODE, python: PYTHON },
  },
  error: (_status, message) => ({ status: 'error', message }),
  notFound: (_what, id) => ({
    status: 404,
    body: { status: 'error', message: `Item ${id} not found from agent` },
  }),
  placed: (providerCallId, providerAgentId) => ({
    call_id: providerCallId,
    call_status: 'registered',
    agent_id: providerAgentId,
  }),
};
