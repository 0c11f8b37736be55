import { KeyHandInRow } from '../src/intake/key-hand-in.entity';
import { HARBOR, HARBOR_BLAND_AGENT } from './demo-ids';
import type { Answer, TestApp } from './harness';
import {
  ACCEPT_HAND_IN,
  CLIENT_KEYS,
  HAND_IN,
  REFUSE_HAND_IN,
  RESOLUTION,
  SET_HAND_IN_POLICY,
  type UserErrors,
} from './operations';

const EVENTS =
  '{ auditEvents(first: 10) { nodes { type actorKind actorName clientId provider keyHandInId maskedKey status acceptsValidHandIns } } }';

export const ALL_HAND_INS = '{ keyHandIns { nodes { id status reason } } }';

export interface HandIn {
  readonly id: string;
  readonly status: string;
  readonly [field: string]: unknown;
}

interface Payload extends UserErrors {
  readonly keyHandIn: HandIn | null;
  readonly apiKey?: { readonly version: number } | null;
}

interface BlandKey {
  readonly provider: string;
  readonly isSet: boolean;
  readonly version: number;
  readonly maskedKey: string | null;
  readonly status: string;
}

type As = 'agencyAdmin' | 'portalUser' | 'portalUserNoPermissions' | 'otherAgencyAdmin';

/** `CODE path` for each error of an answer: what tests compare. */
export const errorCodes = ({ errors }: Answer) =>
  errors.map(({ extensions, path }) => `${extensions.code} ${(path ?? []).join('.')}`);

/** What the people of the demo do with a Bland key of Harbor Dental, which has none at first. */
export function handInSteps(running: () => TestApp) {
  const run = async (
    query: string,
    input: object,
    as: As = 'agencyAdmin',
    on = running(),
  ): Promise<Payload> =>
    Object.values(await on.data<Record<string, Payload>>(query, { input }, as))[0] as Payload;
  const bland = () => running().sandbox.bland.keys;
  const handIn = (apiKey: string, more: object = {}) =>
    run(HAND_IN, { provider: 'BLAND', apiKey, ...more }, 'portalUser');
  const events = async () =>
    (await running().data<{ auditEvents: { nodes: { type: string }[] } }>(EVENTS)).auditEvents.nodes;
  return {
    run,
    bland,
    handIn,
    events,
    handedIn: async (apiKey: string = bland().secondAccount) => (await handIn(apiKey)).keyHandIn as HandIn,
    accept: (keyHandInId: string, more: object = {}) => run(ACCEPT_HAND_IN, { keyHandInId, ...more }),
    refuse: (keyHandInId: string, reason = 'Not the account that we agreed on.') =>
      run(REFUSE_HAND_IN, { keyHandInId, reason }),
    acceptValid: (acceptsValidHandIns = true) =>
      run(SET_HAND_IN_POLICY, { clientId: HARBOR, acceptsValidHandIns }),
    row: (id: string) => running().app.database.read.findOneByOrFail(KeyHandInRow, { id }),
    blandKey: async () => {
      const { client } = await running().data<{ client: { apiKeys: BlandKey[] } }>(CLIENT_KEYS, {
        id: HARBOR,
      });
      return client.apiKeys.find(({ provider }) => provider === 'BLAND');
    },
    source: async () =>
      (
        await running().data<{ agent: { keyResolution: { source: string } } }>(RESOLUTION, {
          id: HARBOR_BLAND_AGENT,
        })
      ).agent.keyResolution.source,
    types: async (count: number) => (await events()).slice(0, count).map(({ type }) => type),
    elapse: (id: string) =>
      running().app.database.write((tx) =>
        tx.update(KeyHandInRow, { id }, { expiresAt: new Date(Date.now() - 1) }),
      ),
  };
}
