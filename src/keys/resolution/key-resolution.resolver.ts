import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../../access/context';
import type { Viewer } from '../../access/viewer';
import type { ShownAgent } from '../../agents/agent.entity';
import { Agent } from '../../agents/agent.types';
import type { Provider } from '../../providers';
import { KeyResolution } from './key-resolution.types';
import type { KeyResolverService } from './key-resolver.service';

@Resolver(() => Agent)
export class KeyResolutionResolver {
  constructor(private readonly resolver: KeyResolverService) {}

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
}
