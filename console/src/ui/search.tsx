import { useId, useRef } from 'preact/hooks';

interface SearchProps {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly onSearch: (words: string) => void;
}

const PAUSE_MS = 250;

/** Searches when one stops typing. */
export function SearchField({ label, hint, value, onSearch }: SearchProps) {
  const id = useId();
  const timer = useRef(0);
  const search = (words: string) => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => onSearch(words.trim()), PAUSE_MS);
  };
  return (
    <form class="search" role="search" onSubmit={(event) => event.preventDefault()}>
      <label class="unseen" for={id}>
        {label}
      </label>
      <input
        id={id}
        type="search"
        placeholder={hint}
        maxLength={100}
        defaultValue={value}
        onInput={({ currentTarget }) => search(currentTarget.value)}
      />
    </form>
  );
}
