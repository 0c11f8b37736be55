import { graphql } from '../api/graphql';
import { mutation } from '../api/mutation';
import { useFresh } from '../api/query';
import { request } from '../api/request';
import { consequencesOfSet, MoneyMoved, Sentences } from '../keys/consequences';
import { LOOKED, type Looked } from '../keys/operations';
import { providerName } from '../sign-in/settings';
import * as text from '../text/hand-ins';
import { ChangeDialog } from '../ui/change';
import { Field, textOf } from '../ui/form';
import { Loaded } from '../ui/page';
import type { HandIn } from './hand-ins';

const PREVIEW = mutation('previewKeyHandIn', LOOKED);
const ACCEPT = mutation('acceptKeyHandIn');
const REFUSE = mutation('refuseKeyHandIn');

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
  const { done: looked } = await request(PREVIEW, { input: { keyHandInId } });
  const place = versions?.client?.apiKeys?.find((each) => each.provider === provider);
  return { looked, version: place?.version ?? null };
}

export function AcceptHandIn({ handIn, onClose }: HandInDialogProps) {
  const found = useFresh(() => look(handIn));
  const name = providerName(handIn.provider);
  const client = handIn.client?.name ?? '';
  return (
    <ChangeDialog
      title={text.handIns.acceptTitle(name, client)}
      submit={text.handIns.accept}
      isOff={found.data.value === null}
      mutation={ACCEPT}
      inputOf={() => ({ keyHandInId: handIn.id, expectedVersion: found.data.value?.version ?? null })}
      said={() => text.handIns.accepted(name, client)}
      // What accepting would do rests on what is there now.
      onRefused={() => void found.reload()}
      onClose={onClose}
    >
      {() => (
        <Loaded of={found} rows={3}>
          {({ looked }) => (
            <>
              <Sentences sentences={consequencesOfSet(handIn.provider, looked)} />
              <MoneyMoved preview={looked.preview} />
              {looked.userErrors.map(({ message }) => (
                <p key={message} class="error">
                  {message}
                </p>
              ))}
            </>
          )}
        </Loaded>
      )}
    </ChangeDialog>
  );
}

export function RefuseHandIn({ handIn, onClose }: HandInDialogProps) {
  const name = providerName(handIn.provider);
  return (
    <ChangeDialog
      title={text.handIns.refuseTitle(name, handIn.client?.name ?? '')}
      submit={text.handIns.refuse}
      kind="danger"
      mutation={REFUSE}
      inputOf={(values) => ({ keyHandInId: handIn.id, reason: textOf(values, 'reason') })}
      said={() => text.handIns.refused(name)}
      onClose={onClose}
    >
      {(errorOf) => (
        <Field label={text.handIns.reason} hint={text.handIns.reasonHint} error={errorOf('reason')}>
          {(attributes) => (
            <textarea {...attributes} name="reason" rows={3} maxLength={500} required autoFocus />
          )}
        </Field>
      )}
    </ChangeDialog>
  );
}
