// Places a call by Retell's own SDK through Latchkey's gateway. Beside the two settings of the client,
// nothing is different from a script that has a key of Retell.
import Retell from 'retell-sdk';

const { LATCHKEY_URL, LATCHKEY_GATEWAY_TOKEN } = process.env;
const retell = new Retell({ apiKey: LATCHKEY_GATEWAY_TOKEN, baseURL: `${LATCHKEY_URL}/gateway/retell` });

// The agent decides whose account carries the call. This one is of a client of the demo that has its own.
const placed = await retell.call.createPhoneCall({
  override_agent_id: 'agent_demo_client_support',
  from_number: '+14155550110',
  to_number: '+14155550123',
  metadata: { order: 7 },
});
const { agent_id, metadata } = await retell.call.retrieve(placed.call_id);
console.log(JSON.stringify({ call_status: placed.call_status, agent_id, order: metadata.order }));
