import { graphql, type ResultOf } from '../api/graphql';
import { mutation } from '../api/mutation';
import { useQuery } from '../api/query';
import * as text from '../text/webhooks';
import { ChangeButton, ChangeDialog, type ErrorOf } from '../ui/change';
import { Group, TextField, textOf } from '../ui/form';
import { Opens } from '../ui/opens';
import { Loaded } from '../ui/page';
import { Badge, Copy, Empty, Note, Time } from '../ui/parts';

const WEBHOOKS = graphql(`
  query OutgoingWebhooks {
    outgoingWebhooks {
      id
      url
      types
      publicKey
      previousSecretValidUntil
      offReason
      offAt
      failingSince
    }
  }
`);

const CREATE = mutation('createOutgoingWebhook', 'secret');
const UPDATE = mutation('updateOutgoingWebhook');
const ROTATE = mutation('rotateOutgoingWebhookSecret', 'secret');
const DELETE = mutation('deleteOutgoingWebhook');

type Webhook = NonNullable<ResultOf<typeof WEBHOOKS>['outgoingWebhooks']>[number];
type MessageType = Webhook['types'][number];

const TYPES = Object.entries(text.webhooks.typeNames) as [MessageType, string][];

/** The agency's own addresses that are told of what happens. */
export function Webhooks() {
  const answered = useQuery(WEBHOOKS, {});
  return (
    <>
      <p class="lead">{text.webhooks.lead}</p>
      <div class="actions">
        <Opens kind="primary" label={text.webhooks.create}>
          {(close) => <CreateWebhook onClose={close} />}
        </Opens>
      </div>
      <Loaded of={answered} rows={3}>
        {({ outgoingWebhooks }) =>
          outgoingWebhooks?.length ? (
            outgoingWebhooks.map((webhook) => <ShowWebhook key={webhook.id} webhook={webhook} />)
          ) : (
            <Empty title={text.webhooks.empty} hint={text.webhooks.emptyHint} />
          )
        }
      </Loaded>
    </>
  );
}

function ShowWebhook({ webhook }: { webhook: Webhook }) {
  const { id, url, types, publicKey, previousSecretValidUntil, offReason, offAt, failingSince } = webhook;
  return (
    <section class="card padded endpoint">
      <header>
        <h2 class="address">{url}</h2>
        <Badge tone={offReason !== null ? 'plain' : failingSince === null ? 'ok' : 'warn'}>
          {offReason === null ? text.webhooks.on : text.webhooks.off[offReason]}
        </Badge>
        <span class="fine">{offAt && <Time at={offAt} />}</span>
      </header>
      {offReason === null && failingSince && (
        <Note tone="warn">
          {text.webhooks.failing} <Time at={failingSince} />
        </Note>
      )}
      <p class="fine">{types.map((type) => text.webhooks.typeNames[type]).join(' · ')}</p>
      {previousSecretValidUntil !== null && (
        <p class="fine">
          {text.webhooks.bothUntil} <Time at={previousSecretValidUntil} />
        </p>
      )}
      <div>
        <p class="label">{text.webhooks.publicKey}</p>
        <Copy value={publicKey} label={text.webhooks.publicKey} />
        <p class="hint">{text.webhooks.publicKeyHint}</p>
      </div>
      <div class="actions">
        <a class="button" href={`/agency/webhooks/${id}`} aria-label={text.webhooks.deliveriesTitle(url)}>
          {text.webhooks.deliveries}
        </a>
        <WebhookActions webhook={webhook} />
      </div>
    </section>
  );
}

function WebhookActions({ webhook }: { webhook: Webhook }) {
  const { id: outgoingWebhookId, url, offReason } = webhook;
  const isOn = offReason === null;
  const switching = isOn ? text.webhooks.switchOff : text.webhooks.switchOn;
  const named = (label: string) => `${label}: ${url}`;
  return (
    <>
      <Opens label={text.webhooks.change} name={named(text.webhooks.change)}>
        {(close) => <ChangeWebhook webhook={webhook} onClose={close} />}
      </Opens>
      <ChangeButton
        label={switching}
        name={named(switching)}
        mutation={UPDATE}
        input={{ outgoingWebhookId, isOn: !isOn }}
        said={isOn ? text.webhooks.switchedOff : text.webhooks.switchedOn}
      />
      <Opens label={text.webhooks.rotate} name={named(text.webhooks.rotate)}>
        {(close) => (
          <ChangeDialog
            title={text.webhooks.rotateTitle}
            submit={text.webhooks.rotate}
            mutation={ROTATE}
            inputOf={() => ({ outgoingWebhookId })}
            said={({ secret }) => <ShowSecret secret={secret} />}
            onClose={close}
          >
            {() => <p>{text.webhooks.rotateHint}</p>}
          </ChangeDialog>
        )}
      </Opens>
      <Opens kind="danger" label={text.webhooks.remove} name={named(text.webhooks.remove)}>
        {(close) => (
          <ChangeDialog
            title={text.webhooks.removeTitle(url)}
            submit={text.webhooks.remove}
            kind="danger"
            mutation={DELETE}
            inputOf={() => ({ outgoingWebhookId })}
            said={() => text.webhooks.removed}
            onClose={close}
          >
            {() => <p>{text.webhooks.removeHint}</p>}
          </ChangeDialog>
        )}
      </Opens>
    </>
  );
}

function ShowSecret({ secret }: { secret: string | null }) {
  return (
    <>
      <Note tone="warn">{text.webhooks.secretHint}</Note>
      <Copy value={secret ?? ''} label={text.webhooks.secret} isOnce />
    </>
  );
}

const typesOf = (values: FormData) => values.getAll('types') as MessageType[];

function CreateWebhook({ onClose }: { onClose: () => void }) {
  return (
    <ChangeDialog
      title={text.webhooks.create}
      submit={text.webhooks.create}
      mutation={CREATE}
      inputOf={(values) => ({ url: textOf(values, 'url'), types: typesOf(values) })}
      said={({ secret }) => <ShowSecret secret={secret} />}
      onClose={onClose}
    >
      {(errorOf) => <WebhookFields url="" chosen={TYPES.map(([type]) => type)} errorOf={errorOf} />}
    </ChangeDialog>
  );
}

function ChangeWebhook({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const { id: outgoingWebhookId, url, types } = webhook;
  return (
    <ChangeDialog
      title={text.webhooks.changeTitle(url)}
      mutation={UPDATE}
      inputOf={(values) => ({ outgoingWebhookId, url: textOf(values, 'url'), types: typesOf(values) })}
      said={() => text.webhooks.changed}
      onClose={onClose}
    >
      {(errorOf) => <WebhookFields url={url} chosen={types} errorOf={errorOf} />}
    </ChangeDialog>
  );
}

interface WebhookFieldsProps {
  readonly url: string;
  readonly chosen: readonly MessageType[];
  readonly errorOf: ErrorOf;
}

function WebhookFields({ url, chosen, errorOf }: WebhookFieldsProps) {
  return (
    <>
      <TextField
        label={text.webhooks.url}
        name="url"
        type="url"
        value={url}
        hint={text.webhooks.urlHint}
        hasFocus
        error={errorOf('url')}
      />
      <Group legend={text.webhooks.types} error={errorOf('types')}>
        {TYPES.map(([type, words]) => (
          <label key={type} class="check">
            <input type="checkbox" name="types" value={type} defaultChecked={chosen.includes(type)} />
            <span>{words}</span>
          </label>
        ))}
      </Group>
    </>
  );
}
