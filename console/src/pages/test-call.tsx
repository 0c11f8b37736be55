import { useEffect, useState } from 'preact/hooks';
import { graphql, type ResultOf } from '../api/graphql';
import { request } from '../api/request';
import { fragments } from '../keys/operations';
import { text } from '../text';
import { errorOf, Form, TextField, textOf, useChange } from '../ui/form';
import { Dialog, Note } from '../ui/parts';
import type { ShownAgent } from './agent';
import { CallState } from './calls';

const START = graphql(
  `
    mutation StartTestCall($input: StartTestCallInput!) {
      startTestCall(input: $input) {
        call {
          id
          status
          keySource
          error {
            message
          }
        }
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

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
  const change = useChange();
  const [call, setCall] = useState<Call | null>(null);
  // One for this dialog: whoever submits twice places one call.
  const [idempotencyKey] = useState(() => crypto.randomUUID());
  const start = async (values: FormData) => {
    const input = { agentId: agent.id, toNumber: textOf(values, 'toNumber'), idempotencyKey };
    const started = await change.run(START, { input }, (data) => data.startTestCall);
    if (started?.call) setCall(started.call);
  };
  return (
    <Dialog title={text.testCall.title(agent.name)} onClose={onClose}>
      {call ? (
        <Progress started={call} />
      ) : (
        <Form change={change} submit={text.testCall.start} onSubmit={(values) => void start(values)}>
          {agent.keyResolution && <p>{agent.keyResolution.explanation}</p>}
          <Note tone="warn">{text.testCall.costs}</Note>
          <TextField
            label={text.testCall.number}
            name="toNumber"
            type="tel"
            hasFocus
            hint={text.testCall.numberHint}
            error={errorOf(change.errors, 'toNumber')}
          />
        </Form>
      )}
    </Dialog>
  );
}

function Progress({ started }: { started: Call }) {
  const [call, setCall] = useState(started);
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
