import { enumOf } from '../graphql/schema-types';
import { providers } from './index';
import type { ProviderAdapter } from './provider';
import { AGENT_KINDS } from './provider-agent';

const adapters: readonly ProviderAdapter[] = providers;

const namesWhere = (matches: (adapter: ProviderAdapter) => boolean) =>
  adapters
    .filter(matches)
    .map(({ name }) => name)
    .join(', ') || 'no provider';

export const ProviderAgentKindEnum = enumOf(
  'ProviderAgentKind',
  AGENT_KINDS,
  'What an agent is at its provider. Some providers build them in several ways, each with ids of its own.',
  {
    AGENT: 'What the provider calls an agent or an assistant. Every provider has these.',
    PATHWAY: 'A conversational pathway.',
    PERSONA: 'A persona.',
  },
);

/** Every input field for the kind of an agent says which providers have others than agents. */
export const AGENT_KINDS_DESCRIPTION = adapters
  .filter(({ agentKinds }) => agentKinds.length > 1)
  .map(({ name, agentKinds }) => `${name} has ${agentKinds.join(', ')}.`)
  .join(' ');

/** Every field for the number that an agent calls from has this description. */
export const FROM_NUMBER_DESCRIPTION =
  'The number that the agent calls from: a phone number in E.164 form ' +
  `(${namesWhere(({ fromNumberForm }) => fromNumberForm === 'E164')}) or the provider's id of one ` +
  `(${namesWhere(({ fromNumberForm }) => fromNumberForm === 'ID')}).`;

/** This sentence names the providers that can place a call without such a number. */
export const FROM_NUMBER_OPTIONAL =
  'It is optional for these providers: ' + `${namesWhere(({ requiresFromNumber }) => !requiresFromNumber)}.`;
