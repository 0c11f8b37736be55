import { graphql, type ResultOf, type VariablesOf } from '../api/graphql';
import { mutation, type DoneBy, type Mutation, type Payload } from '../api/mutation';
import { request } from '../api/request';
import { seal } from './seal';

/** Whose keys: a client's, or the agency's own. */
export interface Owner {
  readonly client: { readonly id: string; readonly name: string } | null;
  readonly agencyId: string;
}

const KEY = graphql(`
  fragment Key on ApiKey {
    provider
    isSet
    maskedKey
    region
    status
    version
    updatedAt
    lastVerifiedAt
    lastUsedAt
    lastError {
      message
    }
  }
`);

export type Key = ResultOf<typeof KEY>;

export const fragments = { KEY };

const UPLOAD_KEY = graphql(`
  query UploadKey {
    apiKeyUploadKey {
      kid
      jwk {
        kty
        crv
        x
        y
      }
    }
  }
`);

const AGENTS = '{name}';
const WARNINGS = `warnings{message sharedWithAgency clients{name}}` as const;
const MOVED =
  'moneyMoved{minutes callsOfUnknownDuration providerCost{amount currency} callsOfUnknownCost payerBefore payerAfter rateMissing}' as const;
/** What a preview is asked for. */
export const LOOKED =
  `preview{status sourceBefore affectedAgentCount affectedAgents${AGENTS} agentsWithoutKeyCount agentsWithoutKey${AGENTS} agentsMissingInAccount${AGENTS} agentsNotChecked callsInProgressCount ${MOVED}} ${WARNINGS}` as const;
const RESULTS = `results{status agentsMissingInAccount${AGENTS} agentsNotChecked}` as const;

const SET_CLIENT = mutation('setClientApiKeys', WARNINGS);
const PREVIEW_CLIENT = mutation('previewClientApiKeyChange', LOOKED);

export type Looked = ResultOf<typeof PREVIEW_CLIENT>['done'];
export type Preview = NonNullable<Looked['preview']>;
export type Warning = Looked['warnings'][number];
export type KeyInput = VariablesOf<typeof SET_CLIENT>['input']['keys'][number];
export type Provider = KeyInput['provider'];

/** The same change for a client's keys and for the agency's own. */
function ofOwner<Input, Done extends Payload>(
  ofClient: Mutation<Input & { clientId: string }, Done>,
  ofAgency: Mutation<Input, Done>,
) {
  return async ({ client }: Owner, input: Input): Promise<Done> => {
    const { done } = client
      ? await request(ofClient, { input: { ...input, clientId: client.id } })
      : await request(ofAgency, { input });
    return done;
  };
}

export const setKeys = ofOwner(SET_CLIENT, mutation('setAgencyApiKeys', WARNINGS));
export const verifyKeys = ofOwner(
  mutation('verifyClientApiKeys', RESULTS),
  mutation('verifyAgencyApiKeys', RESULTS),
);
/** With a key, what setting it would do; without, what clearing would do. */
export const previewKey = ofOwner(PREVIEW_CLIENT, mutation('previewAgencyApiKeyChange', LOOKED));

const EFFECTS = 'effects{agentCount agentsWithoutKeyCount}';
const CLEAR_CLIENT = mutation('clearClientApiKeys', EFFECTS);
const CLEAR_AGENCY = mutation('clearAgencyApiKeys', EFFECTS);

export const clearingOf = ({ client }: Owner) => ({
  mutation: (client ? CLEAR_CLIENT : CLEAR_AGENCY) as Mutation<
    { clientId?: string; providers: readonly Provider[] },
    DoneBy<typeof CLEAR_CLIENT>
  >,
  clientId: client && { clientId: client.id },
});

/** What stands in a field, sealed for one owner, provider and region. */
export async function sealed(
  input: HTMLInputElement,
  { client, agencyId }: Owner,
  { provider, region }: Pick<KeyInput, 'provider' | 'region'>,
): Promise<string> {
  const { apiKeyUploadKey } = await request(UPLOAD_KEY, {});
  return seal(input, { owner: client?.id ?? agencyId, provider, region: region ?? null }, apiKeyUploadKey);
}
