export const plural = (count: number, one: string, many: string) =>
  `${count.toLocaleString()} ${count === 1 ? one : many}`;

export const countOfAgents = (count: number) => plural(count, 'agent', 'agents');
