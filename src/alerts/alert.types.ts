import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { connectionType, DateTime, enumOf, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { Provider } from '../providers';
import { ProviderEnum } from '../providers/provider.types';
import { ALERT_KINDS, type AlertKind } from './alert.entity';

export const AlertKindEnum = enumOf('AlertKind', ALERT_KINDS, 'What an alert is about.', {
  KEY_INVALID: 'The provider does not accept a key. Calls with it fail, and no other key takes its place.',
  KEY_INSUFFICIENT_PERMISSIONS:
    'A key may not do what is asked with it. Calls with it fail, and no other key takes its place.',
  KEY_RATE_LIMITED: 'The provider refused requests because the account sends too many. Calls may fail.',
  KEY_OUT_OF_FUNDS:
    'The balance or plan of the account of a key does not allow calls. They fail, and no other key takes its place.',
  KEY_UNREADABLE:
    'A stored key does not open. Calls that would use it are refused, and no other key takes its place.',
  WEBHOOK_SILENT:
    'Calls of an account have ended, which became known by asking, and no event of the account has come since they began.',
  AGENTS_MISSING_IN_ACCOUNT: 'Agents do not exist in the account of the key that their calls use.',
  AGENTS_WITHOUT_KEY: 'There is no key that the calls of some agents could use. They are refused.',
  OUTGOING_WEBHOOK_OFF:
    'Nothing is sent to a webhook of the agency any more, because its receiver answered 410, or because nothing has got through for five days. There is one alert for each webhook, which `message` and `outgoingWebhook` name. One that an admin has switched off is no alert.',
  RATE_MISSING:
    'The agency has set rates, and there is none for calls of some agents of a client: their calls are charged nothing.',
});

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description:
    'Something that is to be put right. There is one open alert for each cause. It closes by itself when the cause is gone; what comes up again is another alert.',
})
export class Alert {
  @Field(() => ID, { description: 'The id of the alert.' })
  id!: string;

  @Field(() => AlertKindEnum, { description: 'What it is about.' })
  kind!: AlertKind;

  @Field(() => ProviderEnum, {
    nullable: true,
    description: 'The provider whose key or account it is about, if it is about one.',
  })
  provider!: Provider | null;

  @Field(() => String, {
    description: 'What is wrong and what to do about it, in plain words. It holds no secret.',
  })
  message!: string;

  @Field(() => Int, {
    description:
      'The number of agents whose calls it concerns. It is kept up to date while the alert is open.',
  })
  affectedAgentCount!: number;

  @Field(() => DateTime, { description: 'When it was opened.' })
  openedAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When an admin first acknowledged it. It is null while nobody has.',
  })
  acknowledgedAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When its cause was found gone. It is null while it is open.',
  })
  closedAt!: Date | null;
}

export const AlertConnection = connectionType('Alert', Alert);

@ObjectType({ simpleResolvers: true, description: 'What came of `acknowledgeAlert`.' })
export class AcknowledgeAlertPayload {
  @Field(() => Alert, {
    nullable: true,
    description: 'The alert as it is afterwards; null when the input was refused.',
  })
  alert!: Alert | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}
