import { useEffect, useState } from 'preact/hooks';
import { graphql } from '../api/graphql';
import { request, type Failure } from '../api/request';
import { consequencesOfSet, Sentences } from '../keys/consequences';
import { fragments, type Looked } from '../keys/operations';
import { providerName } from '../sign-in/settings';
import { text } from '../text';
import { errorOf, Field, Form, textOf, useChange } from '../ui/form';
import { Problem } from '../ui/page';
import { Dialog, Loading } from '../ui/parts';
import { tell } from '../ui/toasts';
import type { HandIn } from './hand-ins';

const PREVIEW = graphql(
  `
    mutation PreviewHandIn($input: PreviewKeyHandInInput!) {
      previewKeyHandIn(input: $input) {
        preview {
          ...Preview
        }
        warnings {
          ...Warning
        }
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.PREVIEW, fragments.WARNING, fragments.ERROR],
);

const ACCEPT = graphql(
  `
    mutation AcceptHandIn($input: AcceptKeyHandInInput!) {
      acceptKeyHandIn(input: $input) {
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

const REFUSE = graphql(
  `
    mutation RefuseHandIn($input: RefuseKeyHandInInput!) {
      refuseKeyHandIn(input: $input) {
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

const VERSIONS = graphql(`
  query HandInVersions($clientId: ID!) {
    client(id: $clientId) {
      id
      apiKeys {
        provider
        version
      }
    }
  }
`);

interface HandInDialogProps {
  readonly handIn: HandIn;
  readonly onClose: () => void;
}

/** What accepting would do, and the version of the client's key on which that rests. */
async function look({
  id: keyHandInId,
  provider,
  client,
}: HandIn): Promise<{ looked: Looked; version: number | null }> {
  const versions = client && (await request(VERSIONS, { clientId: client.id }));
  const { previewKeyHandIn: looked } = await request(PREVIEW, { input: { keyHandInId } });
  const place = versions?.client?.apiKeys?.find((each) => each.provider === provider);
  return { looked, version: place?.version ?? null };
}

export function AcceptHandIn({ handIn, onClose }: HandInDialogProps) {
  const change = useChange();
  const [looked, setLooked] = useState<Looked | null>(null);
  const [version, setVersion] = useState<number | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  useEffect(() => {
    look(handIn).then((found) => {
      setLooked(found.looked);
      setVersion(found.version);
    }, setFailure);
  }, []);
  const name = providerName(handIn.provider);
  const client = handIn.client?.name ?? '';
  const accept = async () => {
    const input = { keyHandInId: handIn.id, expectedVersion: version };
    if (!(await change.run(ACCEPT, { input }, (data) => data.acceptKeyHandIn))) return;
    tell(text.handIns.accepted(name, client));
    onClose();
  };
  return (
    <Dialog title={text.handIns.acceptTitle(name, client)} onClose={onClose}>
      <Form
        change={change}
        submit={text.handIns.accept}
        isOff={looked === null}
        onSubmit={() => void accept()}
      >
        {failure && <Problem failure={failure} />}
        {looked ? (
          <>
            <Sentences sentences={consequencesOfSet(handIn.provider, looked)} />
            {looked.userErrors.map(({ message }) => (
              <p key={message} class="error">
                {message}
              </p>
            ))}
          </>
        ) : (
          !failure && <Loading rows={3} />
        )}
      </Form>
    </Dialog>
  );
}

export function RefuseHandIn({ handIn, onClose }: HandInDialogProps) {
  const change = useChange();
  const name = providerName(handIn.provider);
  const refuse = async (values: FormData) => {
    const input = { keyHandInId: handIn.id, reason: textOf(values, 'reason') };
    if (!(await change.run(REFUSE, { input }, (data) => data.refuseKeyHandIn))) return;
    tell(text.handIns.refused(name));
    onClose();
  };
  return (
    <Dialog title={text.handIns.refuseTitle(name, handIn.client?.name ?? '')} onClose={onClose}>
      <Form
        change={change}
        kind="danger"
        submit={text.handIns.refuse}
        onSubmit={(values) => void refuse(values)}
      >
        <Field
          label={text.handIns.reason}
          hint={text.handIns.reasonHint}
          error={errorOf(change.errors, 'reason')}
        >
          {(attributes) => (
            <textarea {...attributes} name="reason" rows={3} maxLength={500} required autoFocus />
          )}
        </Field>
      </Form>
    </Dialog>
  );
}
