import { setTimeout as delay } from 'node:timers/promises';
import type { TestService } from './test-service.js';

/** One value of a scrape. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What Prometheus would read of a service now. */
export class Scrape {
  private constructor(
    readonly text: string,
    readonly samples: readonly Sample[],
  ) {}

  /** @param service started with RESMASK_METRICS_LISTEN on port 0 */
  static async of(service: TestService): Promise<Scrape> {
    const response = await fetch(`http://127.0.0.1:${metricsPort(service)}/metrics`);
    const text = await response.text();
    if (!response.ok) throw new Error(`a scrape answered ${response.status}: ${text}`);
    return new Scrape(text, text.split('\n').flatMap(readSample));
  }

  /** Scrapes until something is true of it. */
  static async until(service: TestService, holds: (scrape: Scrape) => boolean): Promise<Scrape> {
    for (let tries = 0; tries < 100; tries += 1) {
      const scrape = await Scrape.of(service);
      if (holds(scrape)) return scrape;
      await delay(50);
    }
    throw new Error(`it never came true of ${(await Scrape.of(service)).text}`);
  }

  /** Names of everything that is measured, without the parts of histograms. */
  get names(): ReadonlySet<string> {
    return new Set(this.samples.map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')));
  }

  /** The sum of the values with these labels. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.samples
      .filter((sample) => sample.name === name && matches(sample, labels))
      .reduce((sum, { value }) => sum + value, 0);
  }
}

/** Where a service said it can be scraped. */
export function metricsPort({ output }: TestService): number {
  return Number(/"metricsPort":(\d+)/.exec(output)?.[1]);
}

function matches({ labels }: Sample, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([label, value]) => labels[label] === value);
}

function readSample(line: string): Sample[] {
  const match = /^([a-z][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/i.exec(line);
  if (!match) return [];
  const [, name, labels = '', value] = match;
  const pairs = [...labels.matchAll(/([a-z_][a-z0-9_]*)="((?:[^"\\]|\\.)*)"/gi)].map(([, label, text]) => [
    label,
    text,
  ]);
  return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
}
