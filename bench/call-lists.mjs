// How long a page of one agency's calls takes, by filter, with few calls and with many: in process, so that
// what GraphQL and HTTP take, which is the same for both, does not hide a difference.
import { createRequire } from 'node:module';
import { agencyId, bulk, clientId, firstAgentOf, personId, PROVIDERS } from './data.mjs';
import { median } from './load.mjs';

const product = createRequire(import.meta.url);
const { TenantDatabase } = product('../dist/src/access/tenant-database.js');
const { callListFilter } = product('../dist/src/calls/call-filter.js');
const { CallHistoryService } = product('../dist/src/calls/call-history.service.js');
const { readConfig } = product('../dist/src/config.js');
const { lostRights } = product('../dist/src/people/lost-rights.js');
const { leastIdOf } = product('../dist/src/platform/ids.js');
const { openStore } = product('../dist/src/store.js');

const FIRST_CALL = Date.parse('2026-01-01T00:00:00Z');
const SECOND = 1_000;
const CALLS_AT_ONCE = 50_000;
/** So many calls have what is rare: they are spread over all. */
const RARE = 3;
const ROUNDS = 31;
const PAGES_A_ROUND = 10;
const BUSY_CLIENT = 1;
const QUIET_CLIENT = 0;

const viewer = {
  kind: 'PERSON',
  id: personId(0),
  role: 'AGENCY_ADMIN',
  name: 'bench',
  agencyId: agencyId(0),
  clientId: null,
  permissions: [],
  origin: { requestId: agencyId(0), sourceAddress: null },
};

const timeOf = (index) => new Date(FIRST_CALL + index * SECOND);
const idOf = (index) => `${leastIdOf(timeOf(index)).slice(0, -12)}${index.toString(16).padStart(12, '0')}`;
const textOf = (time) => time.toISOString().replace('T', ' ').slice(0, -1);

/** A call each second. What is rare has a client, status, origin, kind, direction and source of its own. */
function callOf(index, count) {
  const isRare = index % Math.floor(count / RARE) === 5;
  const client = isRare ? QUIET_CLIENT : 1 + (index % 7);
  return {
    id: idOf(index),
    agencyId: agencyId(0),
    clientId: clientId(client),
    agentId: firstAgentOf(client),
    provider: PROVIDERS[index % 20 === 0 ? 2 : index % 3 === 0 ? 1 : 0],
    providerCallId: null,
    kind: isRare ? 'TEST' : 'LIVE',
    origin: isRare ? 'PROVIDER' : index % 4 === 0 ? 'GATEWAY' : 'API',
    direction: isRare ? 'INBOUND' : 'OUTBOUND',
    status: isRare ? 'RINGING' : index % 20 === 7 ? 'FAILED' : 'COMPLETED',
    keySource: isRare ? 'CLIENT' : 'AGENCY',
    keyVersion: 1,
    resolvedAt: null,
    receipt: null,
    toNumber: '+14155550123',
    idempotencyDigest: null,
    variablesDigest: null,
    errorCode: null,
    errorHttpStatus: null,
    errorRetryAfterSeconds: null,
    createdAt: textOf(timeOf(index)),
    updatedAt: textOf(timeOf(index + 60)),
  };
}

/** A filter for each index, for what is rare, and for what may be rare together. */
function listsOf(count) {
  const [middle, end] = [timeOf(count / 2), timeOf(count)];
  const earlier = new Date(end.getTime() - 600 * SECOND);
  const of = (filter, given = {}, after = null) => ({ filter: callListFilter(given, filter), after });
  return {
    'all, the first page': of({}),
    'all, a page in the middle': of({}, {}, idOf(count / 2)),
    'all, the last page': of({}, {}, idOf(20)),
    'one client': of({ clientId: clientId(BUSY_CLIENT) }),
    'a client with 3 calls': of({ clientId: clientId(QUIET_CLIENT) }),
    'one agent': of({ agentId: firstAgentOf(BUSY_CLIENT) }),
    'one status, of 1 in 20 calls': of({ status: ['FAILED'] }),
    'a status that 3 calls have': of({ status: ['RINGING'] }),
    'two statuses, a page in the middle': of({ status: ['FAILED', 'COMPLETED'] }, {}, idOf(count / 2)),
    'one provider': of({ provider: 'BLAND' }),
    'one provider and status': of({ provider: 'VAPI', status: ['FAILED'] }),
    'a span in the middle': of({ since: middle, until: new Date(middle.getTime() + 600 * SECOND) }),
    'before a time in the middle': of({ until: middle }),
    'since a time to come': of({ since: new Date(end.getTime() + 3_600 * SECOND) }),
    'one client and a span': of({ clientId: clientId(BUSY_CLIENT), since: middle }),
    'one client and status': of({ clientId: clientId(BUSY_CLIENT), status: ['FAILED'] }),
    'one client and a status that none has': of({ clientId: clientId(BUSY_CLIENT), status: ['BUSY'] }),
    'one agent and a status that none has': of({ agentId: firstAgentOf(BUSY_CLIENT), status: ['BUSY'] }),
    'a kind that 3 calls have': of({ kind: 'TEST' }),
    'a direction that 3 calls have': of({ direction: 'INBOUND' }),
    'an origin that 3 calls have': of({ origin: 'PROVIDER' }),
    'a key source that 3 calls have': of({ keySource: 'CLIENT' }),
    'an origin of 1 in 4 calls': of({ origin: 'GATEWAY' }),
    'one client and a kind that 3 others have': of({ clientId: clientId(BUSY_CLIENT), kind: 'TEST' }),
    'one status and an origin, both frequent': of({ status: ['COMPLETED'], origin: 'GATEWAY' }),
    'changed in the last 10 minutes': of({}, { updatedSince: earlier }),
    'one client, changed in the last 10 minutes': of(
      { clientId: clientId(BUSY_CLIENT) },
      { updatedSince: earlier },
    ),
  };
}

/** Fills a database with so many calls of its first agency, and tells how to ask for pages of them. */
export async function openCallLists(env, count) {
  const { database } = await openStore(readConfig(env));
  const started = performance.now();
  for (let start = 0; start < count; start += CALLS_AT_ONCE)
    await database.write(async (tx) => {
      const insert = bulk(tx);
      for (let index = start; index < Math.min(count, start + CALLS_AT_ONCE); index += 1)
        await insert('calls', callOf(index, count));
      await insert.flush();
    });
  console.log(`  ${count} calls, filled in ${Math.round((performance.now() - started) / 1000)} s`);
  const calls = new CallHistoryService(new TenantDatabase(database, lostRights));
  const lists = listsOf(count);
  return {
    lists: Object.keys(lists),
    /** Reads a page, and tells how many calls are on it. */
    read: async (name) =>
      (await calls.list(viewer, { first: 50, after: lists[name].after }, lists[name].filter)).nodes.length,
    close: () => database.close(),
  };
}

/** In turns, so that whatever else the machine does concerns both. The first round warms up. */
export async function compareCallLists(few, many) {
  const time = async ({ read }, name) => {
    const started = performance.now();
    for (let page = 0; page < PAGES_A_ROUND; page += 1) await read(name);
    return ((performance.now() - started) * 1000) / PAGES_A_ROUND;
  };
  for (const name of few.lists) {
    const [expected, found] = [await few.read(name), await many.read(name)];
    if (expected !== found) throw new Error(`${name}: ${expected} calls on a page, and ${found}`);
    const rounds = [];
    for (let round = 0; round <= ROUNDS; round += 1)
      rounds.push([await time(few, name), await time(many, name)]);
    const measured = rounds.slice(1);
    const [ofFew, ofMany] = [0, 1].map((index) => median(measured.map((round) => round[index])));
    const times = median(measured.map(([one, other]) => other / one));
    console.log(
      `  ${name.padEnd(44)}${String(found).padStart(4)} calls${ofFew.toFixed(0).padStart(8)} us${ofMany.toFixed(0).padStart(8)} us${times.toFixed(2).padStart(7)} times`,
    );
  }
}
