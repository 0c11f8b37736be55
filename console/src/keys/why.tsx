import * as text from '../text/agents';
import { KeyState, type KeyStatus } from './state';

interface Resolution {
  readonly source: 'CLIENT' | 'AGENCY' | null;
  readonly status: KeyStatus;
  readonly explanation: string;
  readonly sourceIfClientKeyCleared: 'CLIENT' | 'AGENCY' | null;
  readonly steps: readonly {
    readonly source: 'CLIENT' | 'AGENCY';
    readonly isSet: boolean;
    readonly taken: boolean;
    readonly reason: string;
  }[];
}

/** The fallback chain as a drawing of its steps, with the one that was taken. */
export function WhyThisKey({ resolution }: { resolution: Resolution }) {
  const { steps, source, status, explanation, sourceIfClientKeyCleared } = resolution;
  return (
    <section class="why card" aria-labelledby="why">
      <h2 id="why">{text.why.title}</h2>
      <p>{explanation}</p>
      <ol class="chain">
        {steps.map((step, index) => (
          <li key={step.source} class={step.taken ? 'taken' : 'passed'}>
            <span class="step-number">{text.why.step(index + 1)}</span>
            <strong>{text.source[step.source]}</strong>
            {step.taken ? (
              <KeyState status={status} />
            ) : (
              <span class="fine">{text.why.passed(step.isSet)}</span>
            )}
            <p class="fine">{step.reason}</p>
          </li>
        ))}
        <li class={source === null ? 'taken refused' : 'passed'}>
          <span class="step-number">{text.why.end}</span>
          <strong>{text.source.none}</strong>
          <p class="fine">{text.why.refused}</p>
        </li>
      </ol>
      {source === 'CLIENT' && <p>{text.why.ifCleared(sourceIfClientKeyCleared === null)}</p>}
    </section>
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
