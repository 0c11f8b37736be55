import { Arg, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../../access/context';
import type { Viewer } from '../../access/viewer';
import type { ShownAgent } from '../../agents/agent.entity';
import { Agent } from '../../agents/agent.types';
import { DateTime } from '../../graphql/schema-types';
import type { Provider } from '../../providers';
import { KeyResolution } from './key-resolution.types';
import type { KeyResolverService } from './key-resolver.service';
import type { PastChainService } from './past-chain.service';
import type { PastAgent } from './trail';

@Resolver(() => Agent)
export class KeyResolutionResolver {
  constructor(
    private readonly resolver: KeyResolverService,
    private readonly past: PastChainService,
  ) {}

  @FieldResolver(() => KeyResolution, {
    nullable: true,
    description: 'Which key the next call of this agent uses, and why. No key is decrypted to tell it.',
  })
  keyResolution(
    @Root() agent: ShownAgent,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<KeyResolution> {
    const chain = JSON.stringify([agent.clientId, agent.provider]);
    return context.loaders.load('key resolution', chain, (chains) =>
      this.resolver.explain(
        viewer,
        chains.map((text) => {
          const [clientId, provider] = JSON.parse(text) as [string | null, Provider];
          return { agencyId: viewer.agencyId, clientId, provider };
        }),
      ),
    );
  }

  @FieldResolver(() => KeyResolution, {
    nullable: true,
    description:
      'Which key calls of this agent used at a time that has passed, and why, from the changes in the audit trail. `status` is the last one that the trail tells of that version. Null for a time before the first event of the agency, or of which the trail does not tell, e.g. before the agent was created.',
  })
  keyResolutionAt(
    @Root() { id, clientId, provider }: ShownAgent,
    @Arg('at', () => DateTime, { description: 'A time that has come. BAD_USER_INPUT for a later one.' })
    at: Date,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<KeyResolution | null> {
    const agent: PastAgent = { id, clientId, provider };
    return context.loaders.load(`key resolution at ${at.toISOString()}`, JSON.stringify(agent), (agents) =>
      this.past.explain(
        viewer,
        agents.map((text) => JSON.parse(text) as PastAgent),
        at,
      ),
    );
  }
}
