import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../access/context';
import { isAdmin, type Viewer } from '../access/viewer';
import { AuditedMutation, InputArgument } from '../audit/audited-mutation';
import { loadClient } from '../clients/client.resolver';
import type { ClientService, ShownClient } from '../clients/client.service';
import { Client } from '../clients/client.types';
import { toApiKey } from '../keys/shown-keys';
import type { PreviewResult } from '../keys/checks/key-check.service';
import { pageArgs, type Page } from '../graphql/page';
import { AskedPage, PageArguments } from '../graphql/page-arguments';
import type { HandInDecisionService, HandInResult } from './hand-in-decision.service';
import type { HandInService } from './hand-in.service';
import { SetHandInPolicyInput, SetHandInPolicyPayload } from './hand-in-policy.types';
import {
  AcceptKeyHandInInput,
  HandInApiKeyInput,
  PreviewKeyHandInInput,
  RefuseKeyHandInInput,
} from './hand-in.inputs';
import {
  AcceptKeyHandInPayload,
  KeyHandIn,
  KeyHandInConnection,
  KeyHandInPayload,
  KeyHandInStatusEnum,
  PreviewKeyHandInPayload,
} from './hand-in.types';
import { handInStatus, type KeyHandInRow, type KeyHandInStatus } from './key-hand-in.entity';

@Resolver(() => KeyHandIn)
export class HandInResolver {
  constructor(
    private readonly handIns: HandInService,
    private readonly decisions: HandInDecisionService,
    private readonly clients: ClientService,
  ) {}

  @Query(() => KeyHandInConnection, {
    nullable: true,
    name: 'keyHandIns',
    description: 'Keys that were handed in, the newest first; for a portal user those of its own client.',
  })
  async list(
    @CurrentViewer() viewer: Viewer,
    @Arg('clientId', () => ID, {
      nullable: true,
      description:
        'Only what was handed in for this client. The list is empty for a client that the viewer does not have.',
    })
    clientId: string | null | undefined,
    @Arg('status', () => KeyHandInStatusEnum, {
      nullable: true,
      description: 'Only hand-ins with this status.',
    })
    status: KeyHandInStatus | null | undefined,
    @AskedPage() page: PageArguments,
  ): Promise<Page<KeyHandIn>> {
    return (
      await this.handIns.list(viewer, pageArgs('KeyHandIn', page), {
        clientId: clientId ?? null,
        status: status ?? null,
      })
    ).map((row) => toKeyHandIn(viewer, row));
  }

  @FieldResolver(() => Client, { nullable: true, description: 'The client whose key it is about.' })
  client(
    @Root() handIn: Pick<KeyHandInRow, 'clientId'>,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<ShownClient | null> | null {
    return loadClient(context, this.clients, viewer, handIn.clientId);
  }

  @AuditedMutation(() => KeyHandInPayload, {
    audit: [
      'HAND_IN_RECEIVED',
      'HAND_IN_REPLACED',
      'HAND_IN_EXPIRED',
      'HAND_IN_VERIFIED',
      'HAND_IN_ACCEPTED',
      'API_KEY_SET',
    ],
    rateClass: 'KEY_OPERATION',
    description: `Hands in a key of the viewer's own client. Nobody can read it afterwards. It replaces one for the same provider that is still pending, and has no effect until
an admin of the agency accepts it; where the agency chose so for the client, it is accepted at once if the provider says that it is valid.`,
  })
  async handInApiKey(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => HandInApiKeyInput) input: HandInApiKeyInput,
  ): Promise<KeyHandInPayload> {
    return toPayload(viewer, await this.handIns.handIn(viewer, input));
  }

  @AuditedMutation(() => PreviewKeyHandInPayload, {
    audit: ['API_KEY_PREVIEWED'],
    rateClass: 'KEY_OPERATION',
    description:
      'Shows a pending key to its provider, and tells what accepting it would do. It changes nothing.',
  })
  previewKeyHandIn(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => PreviewKeyHandInInput) input: PreviewKeyHandInInput,
  ): Promise<PreviewResult> {
    return this.decisions.preview(viewer, input.keyHandInId);
  }

  @AuditedMutation(() => AcceptKeyHandInPayload, {
    audit: ['HAND_IN_ACCEPTED', 'API_KEY_SET'],
    rateClass: 'KEY_OPERATION',
    description:
      "Sets a pending key as the client's: from the very next call on, its agents use it. Whoever does so again is answered with the key as it is then.",
  })
  async acceptKeyHandIn(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => AcceptKeyHandInInput) input: AcceptKeyHandInInput,
  ): Promise<AcceptKeyHandInPayload> {
    const { apiKey, warnings, ...result } = await this.decisions.accept(
      viewer,
      input.keyHandInId,
      input.expectedVersion ?? null,
    );
    const clientId = result.keyHandIn?.clientId;
    return {
      ...toPayload(viewer, result),
      client: clientId === undefined ? null : () => this.clients.find(viewer, clientId),
      apiKey: apiKey && toApiKey(apiKey),
      warnings,
    };
  }

  @AuditedMutation(() => KeyHandInPayload, {
    audit: ['HAND_IN_REFUSED'],
    rateClass: 'MUTATION',
    description:
      'Destroys a pending key. The portal user reads why. Whoever does so again for the same reason is answered the same.',
  })
  async refuseKeyHandIn(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => RefuseKeyHandInInput) input: RefuseKeyHandInInput,
  ): Promise<KeyHandInPayload> {
    return toPayload(viewer, await this.decisions.refuse(viewer, input.keyHandInId, input.reason));
  }

  @AuditedMutation(() => SetHandInPolicyPayload, {
    audit: ['HAND_IN_POLICY_CHANGED'],
    rateClass: 'MUTATION',
    description:
      'Sets who decides on the keys that are handed in for a client from now on. Pending ones stay as they are.',
  })
  setHandInPolicy(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => SetHandInPolicyInput) input: SetHandInPolicyInput,
  ): Promise<SetHandInPolicyPayload> {
    return this.decisions.setPolicy(viewer, input.clientId, input.acceptsValidHandIns);
  }
}

function toPayload(viewer: Viewer, { keyHandIn, replaced, userErrors }: HandInResult) {
  return {
    keyHandIn: keyHandIn && toKeyHandIn(viewer, keyHandIn),
    replaced: replaced ? toKeyHandIn(viewer, replaced) : null,
    userErrors,
  } satisfies KeyHandInPayload;
}

const HIDDEN = {
  region: null,
  maskedKey: null,
  keyStatus: null,
  verifiedAt: null,
  handedInByKind: null,
  handedInByName: null,
  decidedByName: null,
};

// The policy refuses these fields to portal users. In addition, their values are left out here.
export function toKeyHandIn(viewer: Viewer, row: KeyHandInRow): KeyHandIn & Pick<KeyHandInRow, 'clientId'> {
  return { ...row, ...(!isAdmin(viewer) && HIDDEN), status: handInStatus(row) };
}
