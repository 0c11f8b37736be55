import { useRef, useState } from 'preact/hooks';
import { mutation, type UserError } from '../api/mutation';
import { reloadAll } from '../api/query';
import { request, type Failure } from '../api/request';
import { sealed, type Key } from '../keys/operations';
import { providerName } from '../sign-in/settings';
import { useViewer } from '../sign-in/viewer';
import * as text from '../text/portal';
import { Field } from '../ui/form';
import { Problem } from '../ui/page';
import { Button, Dialog } from '../ui/parts';
import { firstProvider, ProviderFields, regionOf } from '../ui/provider-fields';
import { tell } from '../ui/toasts';

const HAND_IN = mutation('handInApiKey', 'keyHandIn{status}');

/** Write-only: what is handed in is sealed here, and shown to nobody. */
export function HandInKey({ onClose }: { onClose: () => void }) {
  const { client, agency } = useViewer();
  const input = useRef<HTMLInputElement>(null);
  const [provider, setProvider] = useState(firstProvider);
  const [round, setRound] = useState(0);
  const [isBusy, setBusy] = useState(false);
  const [refused, setRefused] = useState<UserError | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const handIn = async (field: HTMLInputElement, region: Key['region']) => {
    setBusy(true);
    setFailure(null);
    setRefused(null);
    try {
      const apiKey = await sealed(field, { client, agencyId: agency.id }, { provider, region });
      const { done } = await request(HAND_IN, { input: { provider, region, apiKey } });
      const [error] = done.userErrors;
      if (error) setRefused(error);
      else {
        tell(text.integrations.done[done.keyHandIn?.status === 'ACCEPTED' ? 'ACCEPTED' : 'PENDING']);
        onClose();
        await reloadAll();
      }
    } catch (error) {
      setFailure(error as Failure);
    }
    // A new field: the old one, and what undo remembers of it, keeps nothing.
    setRound((number) => number + 1);
    setBusy(false);
  };
  return (
    <Dialog title={text.integrations.handIn} onClose={onClose}>
      <form
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          if (input.current && !isBusy)
            void handIn(input.current, regionOf(new FormData(event.currentTarget)));
        }}
      >
        <p>{text.integrations.handInHint(agency.name)}</p>
        <ProviderFields provider={provider} onProvider={setProvider} />
        <Field
          label={text.keys.field(providerName(provider))}
          error={refused?.message}
          hint={refused || failure ? text.keys.dropped : undefined}
        >
          {(attributes) => (
            <input
              {...attributes}
              key={round}
              ref={input}
              class="secret"
              type="text"
              placeholder={text.keys.placeholder(false)}
              autocomplete="off"
              autoCapitalize="none"
              spellcheck={false}
              required
            />
          )}
        </Field>
        {failure && <Problem failure={failure} />}
        <footer>
          <Button kind="primary" type="submit" isBusy={isBusy}>
            {text.integrations.handIn}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
