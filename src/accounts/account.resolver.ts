import { Arg, ID, Query, Resolver } from 'type-graphql';
import { CurrentViewer } from '../access/context';
import type { Viewer } from '../access/viewer';
import { AuditedMutation, InputArgument } from '../audit/audited-mutation';
import type { Provider } from '../providers';
import { ProviderEnum } from '../providers/provider.types';
import { ImportAgentsInput } from './agent-import.inputs';
import type { AgentImportService, ImportResult } from './agent-import.service';
import { ImportAgentsPayload } from './agent-import.types';
import type { NumberList, PhoneNumberService } from './phone-number.service';
import { PhoneNumberList } from './phone-number.types';

@Resolver()
export class AccountResolver {
  constructor(
    private readonly agentImport: AgentImportService,
    private readonly numbers: PhoneNumberService,
  ) {}

  @Query(() => PhoneNumberList, {
    nullable: true,
    description:
      "The phone numbers from which agents can call: the provider is asked, by the key that calls of the client's agents use. Null for a client that the viewer's agency does not have.",
  })
  phoneNumbers(
    @CurrentViewer() viewer: Viewer,
    @Arg('provider', () => ProviderEnum, { description: 'The provider whose account is listed.' })
    provider: Provider,
    @Arg('clientId', () => ID, {
      nullable: true,
      description: "The client. Without one the agency's own account is listed.",
    })
    clientId: string | null | undefined,
  ): Promise<NumberList | null> {
    return this.numbers.list(viewer, clientId ?? null, provider);
  }

  @AuditedMutation(() => ImportAgentsPayload, {
    audit: ['AGENT_CREATED'],
    rateClass: 'KEY_OPERATION',
    description:
      'Lists the agents of an account, creates those that the agency does not have yet, and names the agents of the agency that the account does not have. All are created or none; an import that is repeated creates nothing more. Agents that the agency has already stay as they are, also where they are assigned to other clients.',
  })
  importAgents(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => ImportAgentsInput) input: ImportAgentsInput,
  ): Promise<ImportResult> {
    return this.agentImport.import(viewer, input);
  }
}
