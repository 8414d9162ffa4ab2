// Declares a metric by a function that tells its values at each scrape.

import { Counter, Gauge, type Registry } from 'prom-client';

/** Labels, and a value; NaN: not known yet. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

interface Declared {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** One value, or one for each combination of labels. */
  readonly tell: () => number | readonly Sample[] | Promise<number>;
}

/** Something that goes up and down. */
export function gauge(registry: Registry, { name, help, labels = [], tell }: Declared): void {
  new Gauge({
    name: `subsidy_${name}`,
    help,
    labelNames: [...labels],
    registers: [registry],
    async collect() {
      this.reset();
      for (const [ofSample, value] of samplesOf(await tell())) this.set(ofSample, value);
    },
  });
}

/** Something that only grows while the process, or the database, lives. */
export function counter(registry: Registry, { name, help, labels = [], tell }: Declared): void {
  new Counter({
    name: `subsidy_${name}_total`,
    help,
    labelNames: [...labels],
    registers: [registry],
    async collect() {
      this.reset();
      for (const [ofSample, value] of samplesOf(await tell())) this.inc(ofSample, value);
    },
  });
}

function samplesOf(told: number | readonly Sample[]): readonly Sample[] {
  return typeof told === 'number' ? [[{}, told]] : told;
}
