import { graphql, type ResultOf, type VariablesOf } from '../api/graphql';
import { request } from '../api/request';

const NUMBERS = graphql(`
  query PhoneNumbers($clientId: ID, $provider: Provider!) {
    phoneNumbers(clientId: $clientId, provider: $provider) {
      isComplete
      error {
        message
      }
      numbers {
        fromNumber
        phoneNumber
        label
        providerAgentIds
      }
    }
  }
`);

type PhoneNumber = NonNullable<ResultOf<typeof NUMBERS>['phoneNumbers']>['numbers'][number];

/** The numbers of the account that the calls of a client use. */
export async function numbersOf(account: VariablesOf<typeof NUMBERS>) {
  const { phoneNumbers } = await request(NUMBERS, account);
  return phoneNumbers ?? { numbers: [], isComplete: true, error: null };
}

/** A number as people know it, and what it is called. */
export const wordsOf = ({ fromNumber, phoneNumber, label }: PhoneNumber) =>
  [phoneNumber ?? fromNumber, label !== phoneNumber && label].filter(Boolean).join(' · ');
