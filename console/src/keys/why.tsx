import type { ComponentChildren } from 'preact';
import * as text from '../text/why';
import { KeyState, type KeyStatus } from './state';

type Source = 'CLIENT' | 'AGENCY';

interface Chained {
  readonly source: Source | null;
  readonly explanation: string;
  readonly steps: readonly {
    readonly source: Source;
    readonly isSet: boolean;
    readonly taken: boolean;
    readonly reason: string;
  }[];
}

interface ChainProps {
  readonly title: string;
  readonly of: Chained;
  /** Beside the step that was taken. */
  readonly taken: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** The fallback chain as a drawing of its steps, with the one that was taken. */
export function Chain({ title, of: { steps, source, explanation }, taken, children }: ChainProps) {
  return (
    <section class="why card" aria-labelledby="why">
      <h2 id="why">{title}</h2>
      <p>{explanation}</p>
      <ol class="chain">
        {steps.map((step, index) => (
          <li key={step.source} class={step.taken ? 'taken' : 'passed'}>
            <span class="step-number">{text.why.step(index + 1)}</span>
            <strong>{text.source[step.source]}</strong>
            {step.taken ? taken : <span class="fine">{text.why.passed(step.isSet)}</span>}
            <p class="fine">{step.reason}</p>
          </li>
        ))}
        <li class={source === null ? 'taken refused' : 'passed'}>
          <span class="step-number">{text.why.end}</span>
          <strong>{text.source.none}</strong>
          <p class="fine">{text.why.refused}</p>
        </li>
      </ol>
      {children}
    </section>
  );
}

interface Resolution extends Chained {
  readonly status: KeyStatus;
  readonly sourceIfClientKeyCleared: Source | null;
}

/** Which key the next call uses. */
export function WhyThisKey({ resolution }: { resolution: Resolution }) {
  const { source, status, sourceIfClientKeyCleared } = resolution;
  return (
    <Chain title={text.why.title} of={resolution} taken={<KeyState status={status} />}>
      {source === 'CLIENT' && <p>{text.why.ifCleared(sourceIfClientKeyCleared === null)}</p>}
    </Chain>
  );
}

/** The same in one line, for a list. */
export function NextKey({ resolution }: { resolution: Pick<Resolution, 'source' | 'status'> }) {
  return (
    <span class="whose">
      <span class={resolution.source === 'CLIENT' ? 'own' : 'inherited'}>
        {text.source[resolution.source ?? 'none']}
      </span>
      {resolution.source !== null && <KeyState status={resolution.status} />}
    </span>
  );
}
