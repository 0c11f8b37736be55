import { useEffect, useState } from 'preact/hooks';
import { reloadAll } from '../api/query';
import type { Failure } from '../api/request';
import { providerName } from '../sign-in/settings';
import { useViewer } from '../sign-in/viewer';
import { text } from '../text';
import { TextField, textOf } from '../ui/form';
import { Problem } from '../ui/page';
import { Button, Dialog, Loading } from '../ui/parts';
import { tell } from '../ui/toasts';
import { consequencesOfClear, Sentences } from './consequences';
import { clearKeys, previewKey, type Owner, type Preview, type Provider } from './operations';

interface ClearKeyProps {
  readonly owner: Owner;
  readonly provider: Provider;
  readonly onClose: () => void;
}

/** Says first what it will do, and asks for the name where agents would be left without a key. */
export function ClearKey({ owner, provider, onClose }: ClearKeyProps) {
  const { agency } = useViewer();
  const [preview, setPreview] = useState<Preview | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const ownerName = owner.client?.name ?? agency.name;
  const name = providerName(provider);
  useEffect(() => {
    previewKey(owner, { provider }).then(({ preview }) => setPreview(preview), setFailure);
  }, []);
  const clear = async (values: FormData) => {
    if (preview && preview.agentsWithoutKeyCount > 0 && textOf(values, 'name') !== ownerName) {
      setError(text.keys.confirmMismatch);
      return;
    }
    setBusy(true);
    try {
      const { userErrors } = await clearKeys(owner, { providers: [provider] });
      setError(userErrors[0]?.message);
      if (userErrors.length === 0) {
        tell(text.keys.cleared(name));
        onClose();
      }
      await reloadAll();
    } catch (caught) {
      setFailure(caught as Failure);
    }
    setBusy(false);
  };
  return (
    <Dialog title={text.keys.clearTitle(name, ownerName)} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) void clear(new FormData(event.currentTarget));
        }}
      >
        {preview ? <Sentences sentences={consequencesOfClear(preview)} /> : !failure && <Loading rows={2} />}
        {failure && <Problem failure={failure} />}
        <p>{text.keys.clearHint}</p>
        {preview && preview.agentsWithoutKeyCount > 0 ? (
          <TextField label={text.keys.confirmName(ownerName)} name="name" error={error} />
        ) : (
          error !== undefined && <p class="error">{error}</p>
        )}
        <footer>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button kind="danger" type="submit" isBusy={isBusy} isOff={preview === null}>
            {text.keys.clear}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
