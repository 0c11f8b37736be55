export interface Member {
  readonly name: string;
  /** Where its value stands. */
  readonly start: number;
  readonly end: number;
}

/** The text is no object to which the member can be added. */
export class NotAddable extends Error {}

export function membersAt(text: string, at: number): readonly Member[] {
  if (text[at] !== '{') throw new NotAddable('It is no object');
  const members: Member[] = [];
  let next = skipSpace(text, at + 1);
  while (text[next] !== '}') {
    const nameEnd = endOfText(text, next);
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = endOfValue(text, start);
    members.push({ name: JSON.parse(text.slice(next, nameEnd)) as string, start, end });
    next = skipSpace(text, end);
    if (text[next] === ',') next = skipSpace(text, next + 1);
  }
  if (new Set(members.map(({ name }) => name)).size < members.length)
    throw new NotAddable('A name stands in it twice');
  return members;
}

/** Whether a name stands twice in some object of a text that is valid JSON. */
export function hasNameTwice(text: string): boolean {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if ('{['.includes(character)) open.push(new Set());
    else if ('}]'.includes(character)) open.pop();
    else if (character === '"') {
      const end = endOfText(text, at);
      if (text[skipSpace(text, end)] === ':') {
        const name = JSON.parse(text.slice(at, end)) as string;
        if (open.at(-1)?.has(name)) return true;
        open.at(-1)?.add(name);
      }
      at = end - 1;
    }
  }
  return false;
}

export function skipSpace(text: string, at: number): number {
  let next = at;
  while (/[ \t\n\r]/.test(text[next] ?? '')) next += 1;
  return next;
}

function endOfText(text: string, at: number): number {
  let next = at + 1;
  while (text[next] !== '"') next += text[next] === '\\' ? 2 : 1;
  return next + 1;
}

function endOfValue(text: string, at: number): number {
  let [next, depth] = [at, 0];
  do {
    const character = text[next] ?? '';
    if (character === '"') {
      next = endOfText(text, next);
      continue;
    }
    if ('{['.includes(character)) depth += 1;
    if ('}]'.includes(character)) depth -= 1;
    if (depth < 0) return next;
    next += 1;
  } while (depth > 0 || !/[,}\]\s]/.test(text[next] ?? ','));
  return next;
}
