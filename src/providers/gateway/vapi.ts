import { STATUS_CODES } from 'node:http';
import type { GatewayTable } from '../gateway-table';
import { field } from '../json';

const SPAN =
  'limit createdAtGt createdAtLt createdAtGe createdAtLe updatedAtGt updatedAtLt updatedAtGe updatedAtLe';
const PAGED = `page sortOrder sortBy ${SPAN}`;

function failure(statusCode: number, message: string) {
  return { message, error: STATUS_CODES[statusCode], statusCode };
}

const NODE = {
  client: `import { VapiClient } from '@vapi-ai/server-sdk';

const vapi = new VapiClient({
  token: process.env.LATCHKEY_GATEWAY_TOKEN,
  baseUrl: 'ADDRESS',
});`,
  read: `console.log(await vapi.assistants.get({ id: 'AGENT_ID' }));`,
  place: `console.log(await vapi.calls.create({
  assistantId: 'AGENT_ID',
  phoneNumberId: 'PHONE_NUMBER_ID',
  customer: { number: '+14155550123' },
}));`,
};

const PYTHON = {
  client: `import os
from vapi import Vapi

vapi = Vapi(
    token=os.environ["LATCHKEY_GATEWAY_TOKEN"],
    base_url="ADDRESS",
)`,
  read: `print(vapi.assistants.get("AGENT_ID"))`,
  place: `print(vapi.calls.create(
    assistant_id="AGENT_ID",
    phone_number_id="PHONE_NUMBER_ID",
    customer={"number": "+14155550123"},
))`,
};

/** A call by a websocket, unless the same body asks for somebody to be dialled. */
function isWebCall(body: unknown): boolean {
  const isDialled = field(body, 'customer') != null || field(body, 'customerId') != null;
  return !isDialled && field(field(body, 'transport'), 'provider') === 'vapi.websocket';
}

/**
 * From Vapi's OpenAPI document of August 2026. What Vapi shows of a phone number holds the credentials of its
 * carrier, so that numbers are not listed.
 */
export const vapiGateway: GatewayTable = {
  operations: `
    READ GET /assistant ${SPAN}
    READ GET /assistant/{agent}
    READ GET /call id={call} assistantId={agent} phoneNumberId ${SPAN}
    READ GET /call/{call}
    READ GET /chat id assistantId={agent} squadId sessionId previousChatId idAny ${PAGED}
    READ GET /chat/{}
    READ GET /campaign id status ${PAGED}
    READ GET /campaign/{}
    READ GET /v2/campaign id status includeCounters ${PAGED}
    READ GET /v2/campaign/{} includeCounters
    READ GET /v2/campaign/{}/contacts status limit sortBy page
    READ GET /session id name assistantId={agent} squadId workflowId idAny phoneNumberId ${PAGED}
    READ GET /session/{}
    READ GET /squad idAny ${SPAN}
    READ GET /squad/{}
    READ GET /tool ${SPAN}
    READ GET /tool/{}
    READ GET /file purpose
    READ GET /file/{}
    READ GET /v2/knowledge-base limit
    READ GET /v2/knowledge-base/{}
    READ GET /v2/knowledge-base/{}/file
    READ GET /structured-output id name ${PAGED}
    READ GET /structured-output/{}
    READ GET /eval id ${PAGED}
    READ GET /eval/{}
    READ GET /eval/run id ${PAGED}
    READ GET /eval/run/{}
    READ GET /eval/simulation idAny standaloneOnly ${PAGED}
    READ GET /eval/simulation/{}
    READ GET /eval/simulation/concurrency
    READ GET /eval/simulation/personality ${PAGED}
    READ GET /eval/simulation/personality/{}
    READ GET /eval/simulation/scenario idAny name ${PAGED}
    READ GET /eval/simulation/scenario/{}
    READ GET /eval/simulation/suite name ${PAGED}
    READ GET /eval/simulation/suite/{}
    READ GET /eval/simulation/run status filterStatus ${PAGED}
    READ GET /eval/simulation/run/{}
    READ GET /eval/simulation/run/{}/item simulationId runId status ${PAGED}
    READ GET /eval/simulation/run/{}/item/{}
    READ GET /reporting/insight id ${PAGED}
    READ GET /reporting/insight/{}
    READ GET /reporting/board ${PAGED}
    READ GET /reporting/board/{}
    READ GET /reporting/board/default/metrics-overview
    READ GET /observability/scorecard id ${PAGED}
    READ GET /observability/scorecard/{}
    READ POST /analytics
    PLACE_CALLS POST /file upload`,
  placements: {
    '/call': {
      agents: { assistantId: 'AGENT' },
      refused: ['assistant', 'squad', 'squadId', 'workflow', 'workflowId', 'customers'],
      toNumber: ['customer', 'number'],
      isWebCall,
      metadata: ['assistantOverrides', 'metadata'],
    },
  },
  example: {
    read: '/assistant/AGENT_ID',
    place: '/call',
    body: {
      assistantId: 'AGENT_ID',
      phoneNumberId: 'PHONE_NUMBER_ID',
      customer: { number: '+14155550123' },
    },
    clients: { node: NODE, python: PYTHON },
  },
  error: failure,
  notFound(what, id) {
    if (what === 'AGENT') return { status: 404, body: failure(404, 'Assistant Not Found') };
    const message = `Couldn't Get Assistant. \`assistantId\` ${id} Does Not Exist.`;
    return { status: 400, body: failure(400, message) };
  },
  placed: (providerCallId, providerAgentId) => ({
    id: providerCallId,
    assistantId: providerAgentId,
    status: 'queued',
  }),
};
