import type { AgentRow } from '../../agents/agent.entity';
import { adapterOf } from '../../providers';
import type { ChainSubject } from '../chain';

export function subjectOf(
  { provider, clientId }: Pick<AgentRow, 'provider' | 'clientId'>,
  clientArchived: boolean,
): ChainSubject {
  return { providerName: adapterOf(provider).name, hasClient: clientId !== null, clientArchived };
}
