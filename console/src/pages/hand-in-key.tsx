import { useRef, useState } from 'preact/hooks';
import { graphql } from '../api/graphql';
import { reloadAll } from '../api/query';
import { request, type Failure } from '../api/request';
import { fragments, sealed, type Key, type Provider, type Refused } from '../keys/operations';
import { providerName, regionsOf, settings } from '../sign-in/settings';
import { useViewer } from '../sign-in/viewer';
import { text } from '../text';
import { Field, SelectField } from '../ui/form';
import { Problem } from '../ui/page';
import { Button, Dialog } from '../ui/parts';
import { tell } from '../ui/toasts';

const HAND_IN = graphql(
  `
    mutation HandInKey($input: HandInApiKeyInput!) {
      handInApiKey(input: $input) {
        keyHandIn {
          id
          status
        }
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

/** Write-only: what is handed in is sealed here, and shown to nobody. */
export function HandInKey({ onClose }: { onClose: () => void }) {
  const { client, agency } = useViewer();
  const input = useRef<HTMLInputElement>(null);
  const [provider, setProvider] = useState(settings.providers[0]?.id ?? '');
  const [region, setRegion] = useState('');
  const [round, setRound] = useState(0);
  const [isBusy, setBusy] = useState(false);
  const [refused, setRefused] = useState<Refused | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const regions = regionsOf(provider);
  const handIn = async (field: HTMLInputElement) => {
    setBusy(true);
    setFailure(null);
    setRefused(null);
    try {
      const apiKey = await sealed(field, { client, agencyId: agency.id }, provider as Provider);
      const chosen = (regions.includes(region) ? region : (regions[0] ?? null)) as Key['region'];
      const { handInApiKey } = await request(HAND_IN, {
        input: { provider: provider as Provider, region: chosen, apiKey },
      });
      const [error] = handInApiKey.userErrors;
      if (error) setRefused(error);
      else {
        tell(text.integrations.done[handInApiKey.keyHandIn?.status === 'ACCEPTED' ? 'ACCEPTED' : 'PENDING']);
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
          if (input.current && !isBusy) void handIn(input.current);
        }}
      >
        <p>{text.integrations.handInHint(agency.name)}</p>
        <SelectField
          label={text.common.provider}
          name="provider"
          value={provider}
          options={settings.providers.map(({ id, name }) => [id, name])}
          onChange={setProvider}
        />
        {regions.length > 1 && (
          <SelectField
            label={text.links.region}
            name="region"
            options={regions.map((each) => [each, each])}
            onChange={setRegion}
          />
        )}
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
