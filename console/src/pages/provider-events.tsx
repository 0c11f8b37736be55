import { graphql, type ResultOf } from '../api/graphql';
import { mutation } from '../api/mutation';
import { useQuery } from '../api/query';
import type { Owner } from '../keys/operations';
import { SealedDialog } from '../keys/sealed-dialog';
import { eventsOf, providerName } from '../sign-in/settings';
import { useViewer } from '../sign-in/viewer';
import * as text from '../text/events';
import { ChangeDialog } from '../ui/change';
import { Opens } from '../ui/opens';
import { Loaded } from '../ui/page';
import { Badge, Copy, Note, Time } from '../ui/parts';

const ENDPOINTS = graphql(`
  query WebhookEndpoints($clientId: ID) {
    webhookEndpoints(clientId: $clientId) {
      provider
      url
      isSecretSet
      lastEventAt
      refusedEventCount
    }
  }
`);

const SET_SECRET = mutation('setWebhookSecret');
const ROTATE = mutation('rotateWebhookUrl');

type Endpoint = NonNullable<ResultOf<typeof ENDPOINTS>['webhookEndpoints']>[number];

interface EndpointProps {
  readonly client: Owner['client'];
  readonly endpoint: Endpoint;
}

/** Where the providers of a client, or of the agency itself, send their events. */
export function ProviderEvents({ client }: Pick<EndpointProps, 'client'>) {
  const answered = useQuery(ENDPOINTS, { clientId: client?.id ?? null });
  return (
    <>
      <p class="lead">{text.events.lead}</p>
      <Loaded of={answered} rows={3}>
        {({ webhookEndpoints }) =>
          webhookEndpoints?.map((endpoint) => (
            <ShowEndpoint key={endpoint.provider} client={client} endpoint={endpoint} />
          ))
        }
      </Loaded>
    </>
  );
}

function ShowEndpoint({ client, endpoint }: EndpointProps) {
  const { provider, url, isSecretSet, lastEventAt, refusedEventCount } = endpoint;
  const name = providerName(provider);
  const { address, secret } = eventsOf(provider);
  return (
    <section class="card padded endpoint">
      <header>
        <h2>{name}</h2>
        <Badge tone={isSecretSet ? 'ok' : 'warn'}>{text.events.state[isSecretSet ? 'SET' : 'NOT_SET']}</Badge>
        <span class="fine">
          {text.events.lastEvent}: {lastEventAt === null ? text.events.none : <Time at={lastEventAt} />}
        </span>
      </header>
      {refusedEventCount > 0 && <Note tone="warn">{text.events.refused(refusedEventCount)}</Note>}
      <div>
        <p class="label">{text.events.address}</p>
        <Copy value={url} label={text.events.addressOf(name)} />
        <p class="hint">{text.events.enter(name, address)}</p>
      </div>
      <div>
        <p class="label">{text.events.secret}</p>
        <p>{isSecretSet ? text.events.secretIsSet : text.events.secretIsMissing}</p>
        <p class="hint">{text.events.secretFrom(secret)}</p>
      </div>
      <div class="actions">
        <SetSecret client={client} endpoint={endpoint} />
        <Rotate client={client} endpoint={endpoint} />
      </div>
    </section>
  );
}

function SetSecret({ client, endpoint: { provider, isSecretSet } }: EndpointProps) {
  const { agency } = useViewer();
  const name = providerName(provider);
  const label = isSecretSet ? text.events.replaceSecret : text.events.setSecret;
  return (
    <Opens kind={isSecretSet ? 'plain' : 'primary'} label={label} name={`${label}: ${name}`}>
      {(close) => (
        <SealedDialog
          title={text.events.secretTitle(name)}
          submit={text.common.save}
          label={text.events.secretField(name)}
          placeholder={text.events.placeholder}
          owner={{ client, agencyId: agency.id }}
          provider={provider}
          regionOf={() => null}
          mutation={SET_SECRET}
          inputOf={(secret) => ({ clientId: client?.id ?? null, provider, secret })}
          said={() => text.events.secretSaved(name)}
          onClose={close}
        >
          <p>{text.events.secretFrom(eventsOf(provider).secret)}</p>
          {isSecretSet && <p>{text.events.secretHint}</p>}
        </SealedDialog>
      )}
    </Opens>
  );
}

function Rotate({ client, endpoint: { provider } }: EndpointProps) {
  const name = providerName(provider);
  return (
    <Opens label={text.events.rotate} name={`${text.events.rotate}: ${name}`}>
      {(close) => (
        <ChangeDialog
          title={text.events.rotateTitle(name)}
          submit={text.events.rotate}
          mutation={ROTATE}
          inputOf={() => ({ clientId: client?.id ?? null, provider })}
          said={() => text.events.rotated(name)}
          onClose={close}
        >
          {() => <p>{text.events.rotateHint}</p>}
        </ChangeDialog>
      )}
    </Opens>
  );
}
