import { useEffect, useRef, useState } from 'preact/hooks';
import { graphql, type ResultOf } from '../api/graphql';
import { mutation, type DoneBy } from '../api/mutation';
import { reloadAll, useFresh, useQuery } from '../api/query';
import { useViewer } from '../sign-in/viewer';
import * as text from '../text/place';
import { ChangeDialog, type ErrorOf } from '../ui/change';
import { useFollowing } from '../ui/follow';
import { Group, TextField, textOf } from '../ui/form';
import { Button, Copy, Moment, Note } from '../ui/parts';
import type { ShownAgent } from './agent';
import { CallState, isGoingOn } from './call-state';

const START_TEST = mutation('startTestCall', 'call{id}');
const START = mutation('startCall', 'call{id}');
const START_WEB = mutation(
  'startWebCall',
  'call{id} access{url accessToken transport iceServers{urls username credential} expiresAt}',
);

const PROGRESS = graphql(`
  query CallProgress($id: ID!, $withKeys: Boolean!) {
    call(id: $id) {
      id
      status
      keySource @include(if: $withKeys)
      error {
        message
      }
    }
  }
`);

interface PlaceCallProps {
  readonly agent: ShownAgent;
  /** Asks for the agent again. */
  readonly reload: () => Promise<void>;
  readonly onClose: () => void;
}

export const isArchived = ({ client }: ShownAgent) => client !== null && client.archivedAt !== null;

/** Whether a call can be placed. The agent is asked for again: its client may be archived by now. */
function useIsOff({ agent, reload }: PlaceCallProps): boolean {
  const { data } = useFresh(() => reload().then(() => true));
  return data.value === null || isArchived(agent);
}

/** One key for what is asked for: whoever submits twice places one call, and whoever corrects something another. */
function useIdempotencyKey() {
  const placed = useRef({ asked: '', key: '' });
  return (asked: string) => {
    if (placed.current.asked !== asked) placed.current = { asked, key: crypto.randomUUID() };
    return placed.current.key;
  };
}

interface Started {
  readonly call: { readonly id: string } | null;
}

const saidOf = ({ call }: Started) => (call ? <Progress id={call.id} /> : text.failure.server);

export function TestCall(props: PlaceCallProps) {
  const { agent, onClose } = props;
  const keyOf = useIdempotencyKey();
  const isOff = useIsOff(props);
  return (
    <ChangeDialog
      title={text.place.testTitle(agent.name)}
      submit={text.place.start}
      mutation={START_TEST}
      isOff={isOff}
      inputOf={(values) => {
        const toNumber = textOf(values, 'toNumber');
        return { agentId: agent.id, toNumber, idempotencyKey: keyOf(toNumber) };
      }}
      said={saidOf}
      onClose={onClose}
    >
      {(errorOf) => <CallFields agent={agent} errorOf={errorOf} />}
    </ChangeDialog>
  );
}

/** A call of everyday business, with what the agent is told for it. */
export function StartCall(props: PlaceCallProps) {
  const { agent, onClose } = props;
  const keyOf = useIdempotencyKey();
  const isOff = useIsOff(props);
  return (
    <ChangeDialog
      title={text.place.liveTitle(agent.name)}
      submit={text.place.start}
      mutation={START}
      isOff={isOff}
      inputOf={(values) => {
        const asked = { toNumber: textOf(values, 'toNumber'), variables: variablesOf(values) };
        return { agentId: agent.id, ...asked, idempotencyKey: keyOf(JSON.stringify(asked)) };
      }}
      said={saidOf}
      onClose={onClose}
    >
      {(errorOf) => (
        <>
          <CallFields agent={agent} errorOf={errorOf} />
          <Variables errorOf={errorOf} />
        </>
      )}
    </ChangeDialog>
  );
}

/** A call that somebody joins in a browser, with what it takes to do so. */
export function StartWebCall(props: PlaceCallProps) {
  const { agent, onClose } = props;
  const keyOf = useIdempotencyKey();
  const isOff = useIsOff(props);
  return (
    <ChangeDialog
      title={text.place.webTitle(agent.name)}
      submit={text.place.webStart}
      mutation={START_WEB}
      isOff={isOff}
      inputOf={(values) => {
        const asked = { variables: variablesOf(values) };
        return { agentId: agent.id, ...asked, idempotencyKey: keyOf(JSON.stringify(asked)) };
      }}
      said={(done) => (
        <>
          {done.access && <Access access={done.access} />}
          {done.call ? <Progress id={done.call.id} /> : <p class="error">{text.failure.server}</p>}
        </>
      )}
      onClose={onClose}
    >
      {(errorOf) => (
        <>
          <WhoseKey agent={agent} />
          <p>{text.place.webHint}</p>
          <Note tone="warn">{text.place.webCosts}</Note>
          <Variables errorOf={errorOf} />
        </>
      )}
    </ChangeDialog>
  );
}

type WebCallAccess = NonNullable<DoneBy<typeof START_WEB>['access']>;

function Access({
  access: { url, accessToken, transport, iceServers, expiresAt },
}: {
  access: WebCallAccess;
}) {
  // By which alone one is let in.
  const needed = accessToken === null ? 'url' : 'accessToken';
  const servers = iceServers.length === 0 ? null : JSON.stringify(iceServers);
  return (
    <>
      <Note tone="warn">{text.place.accessHint}</Note>
      {Object.entries({ accessToken, url, transport, iceServers: servers }).map(
        ([name, value]) =>
          value !== null && (
            <div key={name}>
              <p class="label">{text.place.access[name as keyof typeof text.place.access]}</p>
              <Copy
                value={value}
                label={text.place.access[name as keyof typeof text.place.access]}
                isOnce={name === needed}
              />
            </div>
          ),
      )}
      {expiresAt !== null && (
        <p class="fine">
          {text.place.joinUntil} <Moment at={expiresAt} />
        </p>
      )}
    </>
  );
}

function WhoseKey({ agent }: { agent: ShownAgent }) {
  if (isArchived(agent)) return <Note tone="bad">{text.common.isArchived}</Note>;
  return agent.keyResolution && <p>{agent.keyResolution.explanation}</p>;
}

function CallFields({ agent, errorOf }: { agent: ShownAgent; errorOf: ErrorOf }) {
  return (
    <>
      <WhoseKey agent={agent} />
      <Note tone="warn">{text.place.costs}</Note>
      <TextField
        label={text.place.number}
        name="toNumber"
        type="tel"
        hasFocus
        hint={text.place.numberHint}
        error={errorOf('toNumber')}
      />
    </>
  );
}

function variablesOf(values: FormData) {
  const told = values.getAll('variableValue') as string[];
  return (values.getAll('variableName') as string[]).map((name, at) => ({
    name: name.trim(),
    value: told[at] ?? '',
  }));
}

function Variables({ errorOf }: { errorOf: ErrorOf }) {
  // By numbers that never come again, so that what is typed stays in its row when one before it goes.
  const [rows, setRows] = useState<readonly number[]>([]);
  const next = useRef(0);
  return (
    <Group legend={text.place.variables} hint={text.place.variablesHint} error={errorOf('variables')}>
      {rows.map((row, at) => (
        <div key={row} class="pair">
          <TextField
            label={text.place.variableName(at + 1)}
            name="variableName"
            error={errorOf('variables', String(at), 'name')}
          />
          <TextField label={text.place.variableValue(at + 1)} name="variableValue" isOptional />
          <Button
            kind="quiet"
            label={text.place.removeVariable(at + 1)}
            onClick={() => setRows(rows.filter((each) => each !== row))}
          >
            ✕
          </Button>
        </div>
      ))}
      <div class="actions">
        <Button onClick={() => setRows([...rows, (next.current += 1)])}>{text.place.addVariable}</Button>
      </div>
    </Group>
  );
}

type Call = NonNullable<ResultOf<typeof PROGRESS>['call']>;

/** What becomes of the call, as long as the dialog is open. */
function Progress({ id }: { id: string }) {
  const { canManageApiKeys: withKeys } = useViewer();
  const { data, reload } = useQuery(PROGRESS, { id, withKeys });
  const call = data.value?.call;
  const status = call?.status ?? 'UNKNOWN';
  useFollowing(isGoingOn(status), status, reload);
  // The list of calls below shows it as well.
  useEffect(() => void reloadAll(), [status]);
  return (
    <div class="progress" role="status">
      {call && <ShowProgress call={call} />}
      <p>
        <a class="button" href={`/calls/${id}`}>
          {text.place.open}
        </a>
      </p>
    </div>
  );
}

function ShowProgress({ call: { status, keySource, error } }: { call: Call }) {
  const { canManageApiKeys } = useViewer();
  return (
    <>
      <p>
        <CallState status={status} /> {text.call.says[status]}
      </p>
      {canManageApiKeys && <p class="fine">{text.place.key(text.source[keySource ?? 'none'])}</p>}
      {error && <p class="error">{error.message}</p>}
    </>
  );
}
