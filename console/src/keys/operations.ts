import { graphql, type ResultOf, type VariablesOf } from '../api/graphql';
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
    lastError {
      message
    }
  }
`);

const ERROR = graphql(`
  fragment Refused on UserError {
    code
    field
    message
  }
`);

const PREVIEW = graphql(`
  fragment Preview on ApiKeyChangePreview {
    status
    sourceBefore
    sourceAfter
    affectedAgentCount
    affectedAgents {
      id
      name
    }
    agentsWithoutKeyCount
    agentsWithoutKey {
      id
      name
    }
    agentsMissingInAccount {
      id
      name
    }
    agentsNotChecked
  }
`);

const WARNING = graphql(`
  fragment Warning on ApiKeyWarning {
    code
    provider
    message
    sharedWithAgency
    clients {
      id
      name
    }
  }
`);

export type Key = ResultOf<typeof KEY>;
export type Preview = ResultOf<typeof PREVIEW>;
export type Warning = ResultOf<typeof WARNING>;
export type Refused = ResultOf<typeof ERROR>;

export const fragments = { KEY, ERROR, PREVIEW, WARNING };

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

const SET_CLIENT = graphql(
  `
    mutation SetClientKeys($input: SetClientApiKeysInput!) {
      set: setClientApiKeys(input: $input) {
        apiKeys {
          provider
          status
        }
        warnings {
          ...Warning
        }
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [WARNING, ERROR],
);

const SET_AGENCY = graphql(
  `
    mutation SetAgencyKeys($input: SetAgencyApiKeysInput!) {
      set: setAgencyApiKeys(input: $input) {
        apiKeys {
          provider
          status
        }
        warnings {
          ...Warning
        }
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [WARNING, ERROR],
);

const CLEAR_CLIENT = graphql(
  `
    mutation ClearClientKeys($input: ClearClientApiKeysInput!) {
      clear: clearClientApiKeys(input: $input) {
        effects {
          source
          agentCount
          agentsWithoutKeyCount
        }
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [ERROR],
);

const CLEAR_AGENCY = graphql(
  `
    mutation ClearAgencyKeys($input: ClearAgencyApiKeysInput!) {
      clear: clearAgencyApiKeys(input: $input) {
        effects {
          source
          agentCount
          agentsWithoutKeyCount
        }
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [ERROR],
);

const VERIFICATION = graphql(`
  fragment Verification on ApiKeyVerification {
    status
    error {
      message
    }
    agentsMissingInAccount {
      id
      name
    }
    agentsNotChecked
  }
`);

const VERIFY_CLIENT = graphql(
  `
    mutation VerifyClientKeys($input: VerifyClientApiKeysInput!) {
      verify: verifyClientApiKeys(input: $input) {
        results {
          ...Verification
        }
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [VERIFICATION, ERROR],
);

const VERIFY_AGENCY = graphql(
  `
    mutation VerifyAgencyKeys($input: VerifyAgencyApiKeysInput!) {
      verify: verifyAgencyApiKeys(input: $input) {
        results {
          ...Verification
        }
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [VERIFICATION, ERROR],
);

const PREVIEW_CLIENT = graphql(
  `
    mutation PreviewClientKey($input: PreviewClientApiKeyChangeInput!) {
      look: previewClientApiKeyChange(input: $input) {
        preview {
          ...Preview
        }
        warnings {
          ...Warning
        }
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [PREVIEW, WARNING, ERROR],
);

const PREVIEW_AGENCY = graphql(
  `
    mutation PreviewAgencyKey($input: PreviewAgencyApiKeyChangeInput!) {
      look: previewAgencyApiKeyChange(input: $input) {
        preview {
          ...Preview
        }
        warnings {
          ...Warning
        }
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [PREVIEW, WARNING, ERROR],
);

export type Looked = ResultOf<typeof PREVIEW_CLIENT>['look'];
export type Verification = ResultOf<typeof VERIFICATION>;

export type KeyInput = VariablesOf<typeof SET_CLIENT>['input']['keys'][number];
export type Provider = KeyInput['provider'];

/** What stands in a field, sealed for one owner and provider. */
export async function sealed(
  input: HTMLInputElement,
  { client, agencyId }: Owner,
  provider: Provider,
): Promise<string> {
  const { apiKeyUploadKey } = await request(UPLOAD_KEY, {});
  return seal(input, { owner: client?.id ?? agencyId, provider }, apiKeyUploadKey);
}

export async function setKeys({ client }: Owner, keys: KeyInput[], verify: boolean) {
  const { set } = client
    ? await request(SET_CLIENT, { input: { clientId: client.id, keys, verify } })
    : await request(SET_AGENCY, { input: { keys, verify } });
  return set;
}

export async function clearKey({ client }: Owner, provider: Provider) {
  const providers = [provider];
  const { clear } = client
    ? await request(CLEAR_CLIENT, { input: { clientId: client.id, providers } })
    : await request(CLEAR_AGENCY, { input: { providers } });
  return clear;
}

export async function verifyKey({ client }: Owner, provider: Provider) {
  const providers = [provider];
  const { verify } = client
    ? await request(VERIFY_CLIENT, { input: { clientId: client.id, providers } })
    : await request(VERIFY_AGENCY, { input: { providers } });
  return verify;
}

/** Without a key: what clearing would do. */
export async function previewKey(
  { client }: Owner,
  candidate: Omit<KeyInput, 'apiKey'> & { apiKey?: string },
) {
  const { look } = client
    ? await request(PREVIEW_CLIENT, { input: { clientId: client.id, ...candidate } })
    : await request(PREVIEW_AGENCY, { input: candidate });
  return look;
}
