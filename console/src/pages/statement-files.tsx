import { useState } from 'preact/hooks';
import { fetchFile } from '../api/request';
import * as text from '../text/billing';
import { Button } from '../ui/parts';
import { tell } from '../ui/toasts';

interface FilesProps {
  readonly asked: { readonly clientId: string; readonly from: string; readonly to: string };
  readonly number: string | null;
}

/** The statement for a spreadsheet, and as a page to print. Both take the token of whoever asks for them. */
export function StatementFiles({ asked, number }: FilesProps) {
  const path = number === null ? `/statements/draft` : `/statements/${number}`;
  const query = number === null ? `?${new URLSearchParams(asked).toString()}` : '';
  const name = `statement-${number ?? `draft-${asked.from}-${asked.to}`}`;
  return (
    <>
      <FileButton label={text.statements.csv} path={`${path}.csv${query}`} name={`${name}.csv`} />
      <FileButton label={text.statements.print} path={`${path}.html${query}`} name={`${name}.html`} />
    </>
  );
}

function FileButton({ label, path, name }: { label: string; path: string; name: string }) {
  const [isBusy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      const url = URL.createObjectURL(await fetchFile(path, new AbortController().signal));
      const link = Object.assign(document.createElement('a'), { href: url, download: name });
      link.click();
      URL.revokeObjectURL(url);
    } catch {
      tell(text.statements.failed);
    }
    setBusy(false);
  };
  return (
    <Button isBusy={isBusy} onClick={() => void save()}>
      {label}
    </Button>
  );
}
