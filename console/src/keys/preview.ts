import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Failure } from '../api/request';
import { previewKey, sealed, type Key, type Looked, type Owner, type Provider } from './operations';

/** Shorter text is no key yet, and no provider is asked about it. */
const MIN_LENGTH = 8;
const PAUSE_MS = 700;

/** Asks what Save would do when one stops typing: the key goes there sealed, and nothing is stored. */
export function usePreview(
  owner: Owner,
  provider: Provider,
  input: RefObject<HTMLInputElement | null>,
  regionOf: () => Key['region'],
) {
  const [looked, setLooked] = useState<Looked | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const timer = useRef(0);
  const latest = useRef(0);
  const forget = () => {
    clearTimeout(timer.current);
    latest.current += 1;
    setLooked(null);
    setProblem(null);
    setBusy(false);
  };
  useEffect(() => forget, []);
  const now = async () => {
    forget();
    const element = input.current;
    if (!element) return;
    const run = latest.current;
    setBusy(true);
    try {
      const place = { provider, region: regionOf() };
      const apiKey = await sealed(element, owner, place);
      const answer = await previewKey(owner, { ...place, apiKey });
      if (run !== latest.current) return;
      setLooked(answer);
      setProblem(answer.userErrors[0]?.message ?? null);
    } catch (error) {
      if (run === latest.current) setProblem((error as Failure).message);
    }
    if (run === latest.current) setBusy(false);
  };
  const typed = (hasText: boolean) => {
    forget();
    if (hasText && (input.current?.value.trim().length ?? 0) >= MIN_LENGTH)
      timer.current = window.setTimeout(() => void now(), PAUSE_MS);
  };
  return { looked, problem, isBusy, typed, now: () => void now() };
}
