import { graphql } from 'relay-runtime';

// Read by Relay's compiler alone, which makes a module of each. Relay wants the name of the file in front.
export default [
  graphql`
    query keysQuery {
      clients(first: 10) {
        edges {
          node {
            id
            name
            apiKeys {
              id
              provider
              isSet
              maskedKey
              status
              version
            }
          }
        }
      }
    }
  `,
  graphql`
    mutation keysSetMutation($input: SetClientApiKeysInput!) {
      setClientApiKeys(input: $input) {
        apiKeys {
          id
          isSet
          maskedKey
          status
          version
        }
        userErrors {
          code
        }
      }
    }
  `,
  graphql`
    mutation keysClearMutation($input: ClearClientApiKeysInput!) {
      clearClientApiKeys(input: $input) {
        client {
          id
          apiKeys {
            id
            isSet
            maskedKey
            status
            version
          }
        }
        userErrors {
          code
        }
      }
    }
  `,
  graphql`
    fragment keys_client on Client @refetchable(queryName: "keysOfClientQuery") {
      id
      name
      apiKeys {
        id
        version
      }
    }
  `,
  graphql`
    fragment keys_viewer on Viewer @refetchable(queryName: "keysOfViewerQuery") {
      id
      name
      role
    }
  `,
];
