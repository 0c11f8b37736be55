import type { RefObject } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import type { UserError } from '../api/mutation';
import { providerName, regionsOf } from '../sign-in/settings';
import * as text from '../text/keys';
import { Button } from '../ui/parts';
import { consequencesOfSet, MoneyMoved, Sentences } from './consequences';
import type { Key, Owner, Provider } from './operations';
import { usePreview } from './preview';
import { KeyState } from './state';
import { useVerification } from './verification';
import { conflictOf, Standing, type KeyEvent } from './who';

/** A field with something in it, and the version of the key that was seen when typing began. */
export interface Typed {
  readonly input: HTMLInputElement;
  readonly provider: Provider;
  readonly region: Key['region'];
  readonly version: number;
}

/** A key that was sent and not saved: it was dropped, and is asked for again. */
export interface Refused {
  /** What is wrong with it; nothing where another key was refused, or the request failed. */
  readonly error: UserError | null;
  readonly version: number;
}

interface KeyFieldProps {
  readonly owner: Owner;
  readonly place: Key;
  readonly agencys: Pick<Key, 'isSet' | 'status'> | null;
  readonly events: readonly KeyEvent[];
  readonly refused: Refused | null;
  /** Keys are being saved. What was typed meanwhile would be lost with the fields. */
  readonly isOff: boolean;
  readonly onTyped: (typed: Typed | null) => void;
  /** The key that is stored is looked at: what was said of another one is over. */
  readonly onCheck: () => void;
  readonly onClear: () => void;
}

export function KeyField(props: KeyFieldProps) {
  const { owner, place, agencys, events, refused, isOff, onTyped, onCheck, onClear } = props;
  const { provider, isSet, status, version } = place;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const region = useRef<HTMLSelectElement>(null);
  const seen = useRef(version);
  const [isTyped, setTyped] = useState(false);
  const chosenRegion = () => (region.current?.value ?? null) as Key['region'];
  const preview = usePreview(owner, provider, input, chosenRegion);
  const verification = useVerification(owner, provider);
  const name = providerName(provider);
  const onInput = () => {
    const element = input.current;
    const hasText = element !== null && element.value.trim() !== '';
    if (hasText && !isTyped) seen.current = version;
    setTyped(hasText);
    verification.forget();
    preview.typed(hasText);
    onTyped(hasText ? { input: element, provider, region: chosenRegion(), version: seen.current } : null);
  };
  const check = () => {
    onCheck();
    verification.run();
  };
  return (
    <section class="key" inert={isOff}>
      <header>
        <h2>{name}</h2>
        {isSet && <KeyState status={status} />}
        {!isSet && agencys?.isSet === true && <KeyState status={agencys.status} />}
        <Standing place={place} agencys={agencys} events={events} />
      </header>
      <div class="key-entry">
        <label class="unseen" for={id}>
          {text.keys.field(name)}
        </label>
        <input
          ref={input}
          id={id}
          class="secret"
          type="text"
          placeholder={text.keys.placeholder(isSet)}
          autocomplete="off"
          autoCapitalize="none"
          spellcheck={false}
          aria-describedby={`${id}-says`}
          aria-invalid={refused !== null && !isTyped}
          onInput={onInput}
        />
        <Regions provider={provider} chosen={place.region} selectRef={region} onChange={onInput} />
        {isTyped && (
          <Button label={text.keys.testLabel(name)} isBusy={preview.isBusy} onClick={preview.now}>
            {text.keys.test}
          </Button>
        )}
        {isSet && !isTyped && (
          <Button label={text.keys.checkLabel(name)} isBusy={verification.isBusy} onClick={check}>
            {text.keys.check}
          </Button>
        )}
        {isSet && (
          <Button kind="danger" label={text.keys.clearLabel(name)} onClick={onClear}>
            {text.keys.clear}
          </Button>
        )}
      </div>
      <div class="key-says" id={`${id}-says`} aria-live="polite">
        {!isTyped && refused && <Refusal refused={refused} events={events} />}
        {isTyped && preview.isBusy && <p class="fine late">{text.keys.testing}</p>}
        {isTyped && preview.looked && (
          <>
            <Sentences sentences={consequencesOfSet(provider, preview.looked)} />
            <MoneyMoved preview={preview.looked.preview} />
          </>
        )}
        {isTyped && preview.problem !== null && <p class="error">{preview.problem}</p>}
        {!isTyped && verification.says.length > 0 && <Sentences sentences={verification.says} />}
      </div>
    </section>
  );
}

function Refusal({ refused, events }: { refused: Refused; events: readonly KeyEvent[] }) {
  const { error, version } = refused;
  const isConflict = error?.code === 'VERSION_CONFLICT';
  return (
    <div class="error" role="alert">
      <p>{isConflict ? text.keys.conflict : error?.message}</p>
      {isConflict && <p>{conflictOf(events, version)}</p>}
      <p class="hint">{isConflict ? text.keys.conflictNext : text.keys.dropped}</p>
    </div>
  );
}

interface RegionsProps {
  readonly provider: string;
  readonly chosen: string | null;
  readonly selectRef: RefObject<HTMLSelectElement | null>;
  readonly onChange: () => void;
}

/** Only for a provider that has accounts in several. */
export function Regions({ provider, chosen, selectRef, onChange }: RegionsProps) {
  const regions = regionsOf(provider);
  if (regions.length < 2) return null;
  return (
    <select
      ref={selectRef}
      class="region"
      aria-label={text.keys.region(providerName(provider))}
      onChange={onChange}
    >
      {regions.map((region) => (
        <option key={region} value={region} selected={region === chosen}>
          {region}
        </option>
      ))}
    </select>
  );
}
