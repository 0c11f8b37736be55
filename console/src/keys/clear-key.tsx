import { useState } from 'preact/hooks';
import { useFresh } from '../api/query';
import { providerName } from '../sign-in/settings';
import { useViewer } from '../sign-in/viewer';
import * as text from '../text/keys';
import { ChangeDialog } from '../ui/change';
import { TextField } from '../ui/form';
import { Loaded } from '../ui/page';
import { consequencesOfClear, MoneyMoved, Sentences } from './consequences';
import { clearingOf, previewKey, type Owner, type Provider } from './operations';

interface ClearKeyProps {
  readonly owner: Owner;
  readonly provider: Provider;
  readonly onClose: () => void;
}

/** Says first what it will do, and asks for the name where agents would be left without a key. */
export function ClearKey({ owner, provider, onClose }: ClearKeyProps) {
  const { agency } = useViewer();
  const [typed, setTyped] = useState('');
  const answered = useFresh(() => previewKey(owner, { provider }));
  const ownerName = owner.client?.name ?? agency.name;
  const name = providerName(provider);
  const { mutation, clientId } = clearingOf(owner);
  const preview = answered.data.value?.preview;
  const isSure = preview && (preview.agentsWithoutKeyCount === 0 || typed.trim() === ownerName);
  return (
    <ChangeDialog
      title={text.keys.clearTitle(name, ownerName)}
      submit={text.keys.clear}
      kind="danger"
      isOff={!isSure}
      mutation={mutation}
      inputOf={() => ({ ...clientId, providers: [provider] })}
      said={({ effects }) =>
        [text.keys.cleared(name), ...effects.flatMap(consequencesOfClear).map(({ words }) => words)].join(' ')
      }
      onClose={onClose}
    >
      {() => (
        <>
          <Loaded of={answered} rows={2}>
            {({ preview, userErrors: [error] }) => (
              <>
                {preview && <Sentences sentences={consequencesOfClear(preview)} />}
                <MoneyMoved preview={preview} />
                {error && <p class="error">{error.message}</p>}
              </>
            )}
          </Loaded>
          <p>{text.keys.clearHint}</p>
          {preview && preview.agentsWithoutKeyCount > 0 && (
            <TextField label={text.keys.confirmName(ownerName)} name="name" onInput={setTyped} />
          )}
        </>
      )}
    </ChangeDialog>
  );
}
