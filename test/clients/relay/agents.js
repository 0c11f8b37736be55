import { graphql } from 'relay-runtime';

export default [
  graphql`
    query agentsQuery($first: Int!) {
      ...agents_query @arguments(first: $first)
    }
  `,
  graphql`
    fragment agents_query on Query
    @refetchable(queryName: "agentsPageQuery")
    @argumentDefinitions(first: { type: "Int!" }, after: { type: "String" }) {
      agents(first: $first, after: $after) @connection(key: "agents_agents") {
        edges {
          node {
            id
            name
            client {
              id
              name
            }
          }
        }
      }
    }
  `,
];
