import { useEffect, useId, useRef } from 'preact/hooks';

interface SearchProps {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly onSearch: (words: string) => void;
  /** A form of its own cannot stand inside of another. */
  readonly isInForm?: boolean;
}

const PAUSE_MS = 250;

/** Searches when one stops typing. */
export function SearchField({ label, hint, value, onSearch, isInForm }: SearchProps) {
  const id = useId();
  const timer = useRef(0);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    // Another address is another search, unless it is this one that led there.
    if (input.current && input.current !== document.activeElement) input.current.value = value;
  }, [value]);
  const search = (words: string) => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => onSearch(words.trim()), PAUSE_MS);
  };
  const Frame = isInForm === true ? 'div' : 'form';
  return (
    <Frame class="search" role="search">
      <label class="unseen" for={id}>
        {label}
      </label>
      <input
        ref={input}
        id={id}
        type="search"
        placeholder={hint}
        maxLength={100}
        defaultValue={value}
        onInput={({ currentTarget }) => search(currentTarget.value)}
        // Enter would send the form around it, with whatever is chosen there.
        onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
      />
    </Frame>
  );
}
