import { membersAt, NotAddable, skipSpace, type Member } from './json-text';

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
