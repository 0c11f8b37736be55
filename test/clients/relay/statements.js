import { graphql } from 'relay-runtime';

export default [
  graphql`
    query statementsQuery($clientId: ID!, $from: Date!, $to: Date!) {
      statement(clientId: $clientId, from: $from, to: $to) {
        id
        number
        status
        finalFrom
        lines {
          keySource
          calls
          amount {
            amount
            currency
          }
        }
        total {
          amount
          currency
        }
      }
    }
  `,
  graphql`
    mutation statementsFinalizeMutation($input: FinalizeStatementInput!) {
      finalizeStatement(input: $input) {
        statement {
          id
          number
          status
          finalFrom
          lines {
            keySource
            calls
            amount {
              amount
              currency
            }
          }
          total {
            amount
            currency
          }
        }
        userErrors {
          code
        }
      }
    }
  `,
  graphql`
    fragment statements_statement on Statement @refetchable(queryName: "statementsByIdQuery") {
      id
      number
      total {
        amount
        currency
      }
    }
  `,
];
