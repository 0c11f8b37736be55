import { Field, ObjectType } from 'type-graphql';
import { DateTime, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { IceServer, WebCallAccess } from '../providers/web-call-access';
import type { CallRow } from './call.entity';
import { Call } from './call.types';

@ObjectType('WebCallIceServer', {
  simpleResolvers: true,
  description: 'A server by which a browser finds its way to the provider, as for `RTCPeerConnection`.',
})
export class WebCallIceServerType {
  @Field(() => [String], { description: 'The addresses of the server.' })
  urls!: readonly string[];

  @Field(() => String, {
    nullable: true,
    description: 'The name to sign in with; null where none is asked for.',
  })
  username!: string | null;

  @Field(() => String, { nullable: true, description: 'What goes with the name.' })
  credential!: string | null;
}

@ObjectType('WebCallAccess', {
  simpleResolvers: true,
  description:
    "What it takes to join a web call, for the provider's own browser SDK. Whoever has it speaks in the call, at the cost of the account. It is given out once, and not kept.",
})
export class WebCallAccessType implements WebCallAccess {
  @Field(() => String, {
    nullable: true,
    description: 'The address of the WebSocket to connect to; null where the SDK knows the address.',
  })
  url!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The token to join with; null where the address is enough.',
  })
  accessToken!: string | null;

  @Field(() => String, { nullable: true, description: "The provider's word for how the call is carried." })
  transport!: string | null;

  @Field(() => [WebCallIceServerType], {
    description: 'The servers that the browser is to use. There may be none.',
  })
  iceServers!: readonly IceServer[];

  @Field(() => DateTime, {
    nullable: true,
    description: 'Until when the call can be joined; null where the provider does not say it.',
  })
  expiresAt!: Date | null;
}

@ObjectType({ simpleResolvers: true, description: 'What came of `startWebCall`.' })
export class StartWebCallPayload {
  @Field(() => Call, {
    nullable: true,
    description:
      'The call, which has no `toNumber`. It has the status FAILED and an `error` when the provider refused it, and it is null when the provider was not even asked.',
  })
  call!: CallRow | null;

  @Field(() => WebCallAccessType, {
    nullable: true,
    description: 'What it takes to join the call. It is null unless this very request has started it.',
  })
  access?: WebCallAccess | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}
