import { useEffect, useRef, useState } from 'preact/hooks';
import type { UserError } from '../api/mutation';
import { reloadAll } from '../api/query';
import type { Failure } from '../api/request';
import * as text from '../text/keys';
import { Unnamed } from '../ui/change';
import { Problem } from '../ui/page';
import { Button } from '../ui/parts';
import { tell } from '../ui/toasts';
import { ClearKey } from './clear-key';
import { KeyField, type Refused, type Typed } from './key-field';
import { sealed, setKeys, type Key, type KeyInput, type Owner, type Provider } from './operations';
import type { KeyEvent } from './who';

interface KeyFormProps {
  readonly owner: Owner;
  readonly keys: readonly Key[];
  /** What counts where the client has no key; for the agency's own keys null. */
  readonly agencyKeys: readonly Pick<Key, 'provider' | 'isSet' | 'status'>[] | null;
  readonly events: readonly KeyEvent[];
}

/** A field for each provider and one Save: all that was typed is set at once, or nothing is. */
export function KeyForm({ owner, keys, agencyKeys, events }: KeyFormProps) {
  // The fields themselves hold what is typed; here is only which of them do.
  const typed = useRef(new Map<string, Typed>()).current;
  const [dirty, setDirty] = useState<readonly string[]>([]);
  const [round, setRound] = useState(0);
  const [verify, setVerify] = useState(true);
  const [isBusy, setBusy] = useState(false);
  const [refused, setRefused] = useState<ReadonlyMap<string, Refused>>(new Map());
  const [others, setOthers] = useState<readonly UserError[]>([]);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [clearing, setClearing] = useState<Provider | null>(null);

  const { form, first } = useFocusAfter(isBusy);

  const note = (provider: string, what: Typed | null) => {
    if (what) typed.set(provider, what);
    else typed.delete(provider);
    setDirty([...typed.keys()]);
  };
  const save = async () => {
    const sent = keys.flatMap(({ provider }) => typed.get(provider) ?? []);
    let errors: readonly UserError[] = [];
    let failed: Failure | null = null;
    setBusy(true);
    setRefused(new Map());
    setOthers([]);
    setFailure(null);
    try {
      const inputs = await Promise.all(sent.map((each) => inputOf(owner, each)));
      const { userErrors, warnings } = await setKeys(owner, { keys: inputs, verify });
      errors = userErrors;
      if (errors.length === 0)
        tell(`${text.keys.saved(sent.length)} ${warnings.map(({ message }) => message).join(' ')}`);
    } catch (error) {
      failed = error as Failure;
    }
    // New fields: neither the old ones nor what undo remembers of them keeps a key.
    first.current = keys.findIndex(({ provider }) => typed.has(provider));
    typed.clear();
    setDirty([]);
    setRound((number) => number + 1);
    // A conflict is told with what the other person did, which is known only then.
    await reloadAll();
    if (failed || errors.length > 0) setRefused(refusedOf(errors, sent));
    setOthers(errors.filter((error) => indexOf(error) === null));
    setFailure(failed);
    setBusy(false);
  };
  return (
    <>
      <form
        ref={form}
        class="keys card"
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          if (dirty.length > 0 && !isBusy) void save();
        }}
      >
        {keys.map((key) => (
          <KeyField
            key={`${key.provider} ${round}`}
            owner={owner}
            place={key}
            agencys={agencyKeys?.find(({ provider }) => provider === key.provider) ?? null}
            events={events.filter(({ provider }) => provider === key.provider)}
            refused={refused.get(key.provider) ?? null}
            isOff={isBusy}
            onTyped={(what) => note(key.provider, what)}
            onCheck={() => setRefused(without(refused, key.provider))}
            onClear={() => setClearing(key.provider)}
          />
        ))}
        <Unnamed errors={others} />
        {failure && <Problem failure={failure} />}
        <footer>
          <label class="check">
            <input
              type="checkbox"
              checked={verify}
              onChange={({ currentTarget }) => setVerify(currentTarget.checked)}
            />
            <span>{text.keys.verify}</span>
          </label>
          <Button kind="primary" type="submit" isBusy={isBusy} isOff={dirty.length === 0}>
            {text.keys.save}
          </Button>
        </footer>
      </form>
      {clearing !== null && <ClearKey owner={owner} provider={clearing} onClose={() => setClearing(null)} />}
    </>
  );
}

/** What had the focus is new, or off: whoever saved goes on at the first field that was sent. */
function useFocusAfter(isBusy: boolean) {
  const form = useRef<HTMLFormElement>(null);
  const first = useRef<number | null>(null);
  useEffect(() => {
    if (isBusy || first.current === null || document.activeElement !== document.body) return;
    form.current?.querySelectorAll<HTMLInputElement>('.secret')[first.current]?.focus();
  }, [isBusy]);
  return { form, first };
}

const without = <Value,>(all: ReadonlyMap<string, Value>, name: string) =>
  new Map([...all].filter(([each]) => each !== name));

async function inputOf(owner: Owner, { input, provider, region, version }: Typed): Promise<KeyInput> {
  return {
    provider,
    region,
    expectedVersion: version,
    apiKey: await sealed(input, owner, { provider, region }),
  };
}

// The path is ["input", "keys", "<index>", ...].
const indexOf = ({ field }: UserError) => (field?.[1] === 'keys' ? Number(field[2]) : null);

/** All or none are saved: every key that was sent has to be entered again. */
const refusedOf = (errors: readonly UserError[], sent: readonly Typed[]): Map<string, Refused> =>
  new Map(
    sent.map(({ provider, version }, index) => [
      provider,
      { error: errors.find((error) => indexOf(error) === index) ?? null, version },
    ]),
  );
