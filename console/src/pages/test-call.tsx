import { useEffect, useRef, useState } from 'preact/hooks';
import { graphql, type ResultOf } from '../api/graphql';
import { mutation } from '../api/mutation';
import { reloadAll } from '../api/query';
import { request } from '../api/request';
import * as text from '../text/agents';
import { ChangeDialog } from '../ui/change';
import { TextField, textOf } from '../ui/form';
import { Note } from '../ui/parts';
import type { ShownAgent } from './agent';
import { CallState } from './calls';

const START = mutation('startTestCall', 'call{id status keySource error{message}}');

const PROGRESS = graphql(`
  query CallProgress($id: ID!) {
    call(id: $id) {
      id
      status
      keySource
      error {
        message
      }
    }
  }
`);

type Call = NonNullable<ResultOf<typeof PROGRESS>['call']>;

const ASKED_EVERY_MS = 2_000;
const UNDER_WAY: readonly string[] = ['QUEUED', 'RINGING', 'IN_PROGRESS', 'UNKNOWN'];

export function TestCall({ agent, onClose }: { agent: ShownAgent; onClose: () => void }) {
  // One for each number: whoever submits twice places one call, and whoever corrects the number another.
  const placed = useRef({ toNumber: '', idempotencyKey: '' });
  const inputOf = (toNumber: string) => {
    if (placed.current.toNumber !== toNumber)
      placed.current = { toNumber, idempotencyKey: crypto.randomUUID() };
    return { agentId: agent.id, ...placed.current };
  };
  return (
    <ChangeDialog
      title={text.testCall.title(agent.name)}
      submit={text.testCall.start}
      mutation={START}
      inputOf={(values) => inputOf(textOf(values, 'toNumber'))}
      said={({ call }) => (call ? <Progress started={call} /> : text.failure.server)}
      onClose={onClose}
    >
      {(errorOf) => (
        <>
          {agent.keyResolution && <p>{agent.keyResolution.explanation}</p>}
          <Note tone="warn">{text.testCall.costs}</Note>
          <TextField
            label={text.testCall.number}
            name="toNumber"
            type="tel"
            hasFocus
            hint={text.testCall.numberHint}
            error={errorOf('toNumber')}
          />
        </>
      )}
    </ChangeDialog>
  );
}

function Progress({ started }: { started: Call }) {
  const [call, setCall] = useState(started);
  // The list of calls below shows it as well.
  useEffect(() => void reloadAll(), [call.status]);
  useEffect(() => {
    if (!UNDER_WAY.includes(call.status)) return undefined;
    const timer = setInterval(() => {
      request(PROGRESS, { id: call.id }).then(
        ({ call: latest }) => latest && setCall(latest),
        // Asked again at the next turn.
        () => undefined,
      );
    }, ASKED_EVERY_MS);
    return () => clearInterval(timer);
  }, [call.id, call.status]);
  return (
    <div class="progress" role="status">
      <p>
        <CallState status={call.status} /> {text.testCall.says[call.status]}
      </p>
      <p class="fine">{text.testCall.key(text.source[call.keySource ?? 'none'])}</p>
      {call.error && <p class="error">{call.error.message}</p>}
    </div>
  );
}
