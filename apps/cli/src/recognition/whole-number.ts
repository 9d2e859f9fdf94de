import { InvalidArgumentError } from 'commander';

/** Reads a whole number from `smallest` on. */
export function wholeNumber(smallest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= smallest) return value;
    throw new InvalidArgumentError(`a whole number from ${smallest} is needed.`);
  };
}
