import type { TestApp } from './harness';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What an instance tells of itself in the text format of Prometheus. */
export async function metricsTextOf({ app }: TestApp): Promise<string> {
  if (!app.metrics) throw new Error('Nothing is measured');
  return (await fetch(app.metrics.url)).text();
}

export async function samplesOf(running: TestApp): Promise<Sample[]> {
  const text = await metricsTextOf(running);
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const {
        name = '',
        labels = '',
        value,
      } = /^(?<name>\w+)(?:\{(?<labels>.*)\})? (?<value>\S+)$/.exec(line)?.groups ?? {};
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', text]) => [
        label,
        text,
      ]);
      return { name, labels: Object.fromEntries(pairs) as Sample['labels'], value: Number(value) };
    });
}

/** The values of one metric, by the values of its labels between spaces. */
export async function valuesOf(running: TestApp, name: string): Promise<Record<string, number>> {
  const samples = (await samplesOf(running)).filter((sample) => sample.name === `latchkey_${name}`);
  return Object.fromEntries(samples.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
}

/** By how much the values of one metric grow meanwhile; what does not grow is left out. */
export async function growthOf(
  running: TestApp,
  name: string,
  work: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const before = await valuesOf(running, name);
  await work();
  const after = Object.entries(await valuesOf(running, name));
  return Object.fromEntries(
    after
      .map(([labels, value]) => [labels, value - (before[labels] ?? 0)] as const)
      .filter(([, by]) => by !== 0),
  );
}
