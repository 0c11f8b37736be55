import { useState } from 'preact/hooks';
import { mutation } from '../api/mutation';
import { SealedDialog } from '../keys/sealed-dialog';
import { providerName } from '../sign-in/settings';
import { useViewer } from '../sign-in/viewer';
import * as text from '../text/portal';
import { firstProvider, ProviderFields, regionOf } from '../ui/provider-fields';

const HAND_IN = mutation('handInApiKey', 'keyHandIn{status}');

/** Write-only: what is handed in is shown to nobody. */
export function HandInKey({ onClose }: { onClose: () => void }) {
  const { client, agency } = useViewer();
  const [provider, setProvider] = useState(firstProvider);
  return (
    <SealedDialog
      title={text.integrations.handIn}
      submit={text.integrations.handIn}
      label={text.integrations.key(providerName(provider))}
      placeholder={text.integrations.placeholder}
      owner={{ client, agencyId: agency.id }}
      provider={provider}
      regionOf={regionOf}
      mutation={HAND_IN}
      inputOf={(apiKey, region) => ({ provider, region, apiKey })}
      said={({ keyHandIn }) =>
        text.integrations.done[keyHandIn?.status === 'ACCEPTED' ? 'ACCEPTED' : 'PENDING']
      }
      onClose={onClose}
    >
      <p>{text.integrations.handInHint(agency.name)}</p>
      <ProviderFields provider={provider} onProvider={setProvider} />
    </SealedDialog>
  );
}
