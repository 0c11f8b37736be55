interface Member {
  readonly name: string;
  /** Where its value stands. */
  readonly start: number;
  readonly end: number;
}

/** The text is no object to which the member can be added. */
export class NotAddable extends Error {}

/**
 * Adds a member to an object within a text that is valid JSON, and leaves everything else of the text as it
 * is. The object is made where there is none. Throws `NotAddable` where something else stands in its place,
 * where the member is there already, and where a name stands twice in an object, which others could read in
 * another way.
 */
export function withMember(text: string, path: readonly string[], name: string, value: string): string {
  return added(text, skipSpace(text, 0), path, name, value);
}

function added(
  text: string,
  at: number,
  [first, ...rest]: readonly string[],
  name: string,
  value: string,
): string {
  const members = membersAt(text, at);
  const own = members.find((member) => member.name === (first ?? name));
  if (first === undefined) {
    if (own) throw new NotAddable('The member is there already');
    return inserted(text, at, members, `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  }
  const made = [...rest].reverse().reduce<object>((inner, key) => ({ [key]: inner }), { [name]: value });
  if (!own) return inserted(text, at, members, `${JSON.stringify(first)}:${JSON.stringify(made)}`);
  if (text.slice(own.start, own.end) === 'null')
    return text.slice(0, own.start) + JSON.stringify(made) + text.slice(own.end);
  return added(text, own.start, rest, name, value);
}

function inserted(text: string, at: number, members: readonly Member[], member: string): string {
  const comma = members.length > 0 ? ',' : '';
  return `${text.slice(0, at + 1)}${member}${comma}${text.slice(at + 1)}`;
}

function membersAt(text: string, at: number): readonly Member[] {
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

function skipSpace(text: string, at: number): number {
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
